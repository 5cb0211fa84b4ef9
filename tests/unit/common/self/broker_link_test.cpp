#include "common/self/broker_link.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1h};

std::string described(const BrokerLink& link) {
  StatusWriter status;
  link.describe(status);
  return status.object();
}

TEST(BrokerLink, says_each_kind_of_failure_to_connect_once_and_counts_them_all) {
  BrokerLink link;
  int lines = 0;
  for (int i = 0; i < 50; ++i) {
    const ErrorCode code = i < 25 ? ErrorCode::refused : ErrorCode::unresolved;
    lines += link.disconnected({"no", code}, start + i * 1s).has_value() ? 1 : 0;
  }
  EXPECT_EQ(lines, 2);
  EXPECT_EQ(described(link), R"({"counters":{"connections_lost":0,"failed_connects":{"refused":25,"unresolved":25}}})");
}

TEST(BrokerLink, says_how_long_the_broker_was_away) {
  BrokerLink link;
  EXPECT_EQ(link.connected(start)->text, "connected to the broker");
  EXPECT_EQ(link.disconnected({"keep alive"}, start)->text, "broker lost: keep alive");
  EXPECT_EQ(link.disconnected({"no", ErrorCode::refused}, start + 1s)->text, "cannot connect, trying again: no");
  EXPECT_EQ(link.reason(), "no");
  EXPECT_EQ(link.connected(start + 65s)->text, "connected to the broker after 65 s and 1 failed attempts");
  EXPECT_EQ(described(link), R"({"counters":{"connections_lost":1,"failed_connects":{"refused":1}}})");
  EXPECT_EQ(link.reason(), "");
}

// Two services with one client id throw each other out as fast as they connect.
TEST(BrokerLink, says_little_about_a_link_that_comes_and_goes_all_the_time) {
  BrokerLink link;
  std::size_t lines = 0;
  for (int i = 0; i < 10'000; ++i) {
    lines += link.connected(start + i * 2ms).has_value() ? 1 : 0;
    lines += link.disconnected({"taken over"}, start + i * 2ms + 1ms).has_value() ? 1 : 0;
  }
  EXPECT_LE(lines, 12U);
  EXPECT_EQ(described(link), R"({"counters":{"connections_lost":10000,"failed_connects":{}}})");
  EXPECT_NE(link.connected(start + 60s)->text.find("lines about it left out"), std::string::npos);
}

TEST(BrokerLink, counts_beside_the_counters_of_others) {
  BrokerLink link;
  StatusWriter status;
  status.in("counters").add("sent", 1);
  link.describe(status);
  EXPECT_EQ(status.object(), R"({"counters":{"sent":1,"connections_lost":0,"failed_connects":{}}})");
  link.disconnected({"x", ErrorCode::refused}, Instant{});
  link.disconnected({"x", ErrorCode::tls}, Instant{});
  link.connected(Instant{});
  link.disconnected({"x", ErrorCode::disconnected}, Instant{});
  EXPECT_EQ(described(link), R"({"counters":{"connections_lost":1,"failed_connects":{"refused":1,"tls":1}}})");
}

}  // namespace
}  // namespace sensors

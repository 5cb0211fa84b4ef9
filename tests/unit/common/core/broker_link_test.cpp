#include "common/core/broker_link.hpp"

#include <gtest/gtest.h>

#include "common/core/event_queue.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1h};

TEST(BrokerLink, says_each_kind_of_failure_to_connect_once_and_counts_them_all) {
  BrokerLink link;
  int lines = 0;
  for (int i = 0; i < 50; ++i) {
    const ErrorCode code = i < 25 ? ErrorCode::refused : ErrorCode::unresolved;
    lines += link.disconnected({"no", code}, start + i * 1s).has_value() ? 1 : 0;
  }
  EXPECT_EQ(lines, 2);
  EXPECT_EQ(link.failed_connects().at("refused"), 25U);
  EXPECT_EQ(link.failed_connects().at("unresolved"), 25U);
  EXPECT_EQ(link.lost(), 0U);
}

TEST(BrokerLink, says_how_long_the_broker_was_away) {
  BrokerLink link;
  EXPECT_EQ(link.connected(start)->text, "connected to the broker");
  EXPECT_EQ(link.disconnected({"keep alive"}, start)->text, "broker lost: keep alive");
  EXPECT_EQ(link.disconnected({"no", ErrorCode::refused}, start + 1s)->text, "cannot connect, trying again: no");
  EXPECT_EQ(link.reason(), "no");
  EXPECT_EQ(link.connected(start + 65s)->text, "connected to the broker after 65 s and 1 failed attempts");
  EXPECT_EQ(link.lost(), 1U);
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
  EXPECT_EQ(link.lost(), 10'000U);
  EXPECT_NE(link.connected(start + 60s)->text.find("lines about it left out"), std::string::npos);
}

TEST(EventQueue, keeps_the_newest_and_counts_what_gave_way) {
  EventQueue events;
  for (std::size_t i = 0; i < EventQueue::most + 2; ++i) {
    MqttPublish event;
    event.payload = std::to_string(i);
    events.add(std::move(event));
  }
  EXPECT_EQ(events.dropped(), 2U);
  const auto taken = events.take();
  EXPECT_EQ(taken.size(), EventQueue::most);
  EXPECT_EQ(taken.front().payload, "2");
  EXPECT_TRUE(events.take().empty());
}

}  // namespace
}  // namespace sensors

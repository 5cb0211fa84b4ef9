#include "services/sensor-publisher/downstream.hpp"

#include <gtest/gtest.h>

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;

class DownstreamTest : public testing::Test {
 protected:
  bool status(const std::string& node, const std::string& state) {
    return downstream.take({"sensors", node, "status", "sensor-persistence"},
                           state.empty() ? "" : R"({"state":")" + state + "\"}");
  }
  bool queue(const std::string& node, bool pressure) {
    return downstream.take({"sensors", node, "queue", "sensor-persistence"},
                           std::string(R"({"depth":1,"high":2,"limit":3,"oldest_s":0,"rate_per_s":0,"pressure":)") +
                               (pressure ? "true}" : "false}"));
  }

  Instant start{1h};
  Downstream downstream{"kitchen"};
};

TEST_F(DownstreamTest, asks_for_nothing_before_anybody_was_heard) { EXPECT_EQ(downstream.pressure(), ""); }

TEST_F(DownstreamTest, says_who_asks_and_why) {
  queue("cellar", true);
  EXPECT_EQ(downstream.pressure(), "sensor-persistence of cellar asks for a slower pace");
  status("cellar", "down");
  EXPECT_EQ(downstream.pressure(), "sensor-persistence of cellar is down");
  status("cellar", "degraded");
  queue("cellar", false);
  EXPECT_EQ(downstream.pressure(), "");
}

TEST_F(DownstreamTest, listens_to_a_service_of_its_own_node_only_where_there_is_one) {
  status("cellar", "down");
  status("kitchen", "up");
  EXPECT_EQ(downstream.pressure(), "");
  status("kitchen", "down");
  EXPECT_EQ(downstream.pressure(), "sensor-persistence of kitchen is down");
}

TEST_F(DownstreamTest, forgets_a_service_whose_retained_status_was_cleared) {
  status("cellar", "down");
  status("cellar", "");
  EXPECT_EQ(downstream.pressure(), "");
}

TEST_F(DownstreamTest, a_service_that_does_not_come_back_with_the_broker_is_away_until_it_is_heard) {
  status("kitchen", "up");
  downstream.connected(start);
  downstream.advance(start + 59s);
  EXPECT_EQ(downstream.pressure(), "");
  EXPECT_EQ(downstream.wake_at(), start + 60s);
  downstream.advance(start + 60s);
  EXPECT_EQ(downstream.pressure(), "sensor-persistence of kitchen has not come back with the broker");
  EXPECT_FALSE(downstream.wake_at().has_value());
  queue("kitchen", false);
  EXPECT_EQ(downstream.pressure(), "");
}

TEST_F(DownstreamTest, refuses_what_it_cannot_read_and_keeps_what_it_knew) {
  status("kitchen", "down");
  EXPECT_FALSE(status("kitchen", "sideways"));
  EXPECT_FALSE(downstream.take({"sensors", "kitchen", "queue", "sensor-persistence"}, "{"));
  EXPECT_EQ(downstream.pressure(), "sensor-persistence of kitchen is down");
}

TEST_F(DownstreamTest, a_flood_of_invented_nodes_is_not_remembered) {
  for (int i = 0; i < 1'000; ++i) status("node" + std::to_string(i), "up");
  status("late", "down");
  EXPECT_EQ(downstream.pressure(), "");
  EXPECT_TRUE(status("node0", "down"));
  EXPECT_EQ(downstream.pressure(), "sensor-persistence of node0 is down");
}

}  // namespace
}  // namespace sensors::publisher

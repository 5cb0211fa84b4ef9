#include "services/sensor-publisher/logic/downstream.hpp"

#include <gtest/gtest.h>

namespace sensors::publisher {
namespace {

using namespace std::chrono_literals;

class DownstreamTest : public testing::Test {
 protected:
  bool take(const std::string& node, const std::string& kind, std::string payload) {
    MqttMessage message;
    message.payload = std::move(payload);
    message.retained = retained;
    return downstream.take({"sensors", node, kind, "sensor-persistence"}, message, now);
  }

  bool status(const std::string& node, const std::string& state) {
    return take(node, "status", state.empty() ? "" : R"({"state":")" + state + "\"}");
  }
  bool queue(const std::string& node, bool pressure) {
    return take(node, "queue",
                std::string(R"({"depth":1,"high":2,"limit":3,"oldest_s":0,"rate_per_s":0,"pressure":)") +
                    (pressure ? "true}" : "false}"));
  }

  std::string pressure() { return downstream.pressure(now); }

  /// `node` says every minute that it is up.
  void pass(Millis time, const std::string& node) {
    for (Millis passed{0}; passed < time; passed += 60s) {
      now += 60s;
      status(node, "up");
    }
  }

  bool retained = false;
  Instant now{1h};
  const Instant start = now;
  Downstream downstream{"kitchen"};
};

TEST_F(DownstreamTest, asks_for_nothing_before_anybody_was_heard) { EXPECT_EQ(pressure(), ""); }

TEST_F(DownstreamTest, says_who_asks_and_why) {
  queue("cellar", true);
  EXPECT_EQ(pressure(), "sensor-persistence of cellar asks for a slower pace");
  status("cellar", "down");
  EXPECT_EQ(pressure(), "sensor-persistence of cellar is down");
  status("cellar", "degraded");
  queue("cellar", false);
  EXPECT_EQ(pressure(), "");
}

TEST_F(DownstreamTest, waits_for_no_bridge_that_delivers_nowhere) {
  take("kitchen", "status", R"({"state":"down","delivers":false})");
  EXPECT_EQ(pressure(), "");
  take("kitchen", "status", R"({"state":"down","delivers":true})");
  EXPECT_EQ(pressure(), "sensor-persistence of kitchen is down");
  EXPECT_FALSE(take("kitchen", "status", R"({"state":"down","delivers":"no"})"));
}

TEST_F(DownstreamTest, listens_to_a_service_of_its_own_node_only_where_there_is_one) {
  status("cellar", "down");
  status("kitchen", "up");
  EXPECT_EQ(pressure(), "");
  status("kitchen", "down");
  EXPECT_EQ(pressure(), "sensor-persistence of kitchen is down");
}

TEST_F(DownstreamTest, forgets_a_service_whose_retained_status_was_cleared) {
  status("cellar", "down");
  status("cellar", "");
  EXPECT_EQ(pressure(), "");
}

TEST_F(DownstreamTest, a_service_that_does_not_come_back_with_the_broker_is_away_until_it_is_heard) {
  status("kitchen", "up");
  downstream.connected(start);
  downstream.advance(start + 59s);
  EXPECT_EQ(pressure(), "");
  EXPECT_EQ(downstream.wake_at(), start + 60s);
  downstream.advance(start + 60s);
  EXPECT_EQ(pressure(), "sensor-persistence of kitchen has not come back with the broker");
  EXPECT_FALSE(downstream.wake_at().has_value());
  queue("kitchen", false);
  EXPECT_EQ(pressure(), "");
}

TEST_F(DownstreamTest, what_is_left_of_a_renamed_service_asks_for_nothing_once_another_does_its_work_for_long) {
  retained = true;
  status("attic", "down");
  queue("attic", true);
  retained = false;
  pass(14min, "cellar");
  EXPECT_EQ(pressure(), "sensor-persistence of attic is down");
  pass(1min, "cellar");
  EXPECT_EQ(pressure(), "");
  queue("cellar", true);
  EXPECT_EQ(pressure(), "sensor-persistence of cellar asks for a slower pace");
}

// As after a power cut that took the broker too: no last will said that it is down.
TEST_F(DownstreamTest, what_is_left_of_a_service_that_nobody_said_is_down_asks_for_nothing_either) {
  retained = true;
  status("attic", "up");
  queue("attic", true);
  retained = false;
  pass(15min, "cellar");
  EXPECT_EQ(pressure(), "");
}

TEST_F(DownstreamTest, what_is_left_of_a_service_comes_with_each_connection_and_asks_for_nothing_then) {
  status("attic", "down");
  pass(15min, "cellar");
  downstream.connected(now);
  retained = true;
  status("attic", "down");
  EXPECT_EQ(pressure(), "");
}

TEST_F(DownstreamTest, a_service_that_moved_to_another_machine_leaves_nothing_that_counts_for_its_old_node) {
  status("kitchen", "down");
  pass(15min, "cellar");
  EXPECT_EQ(pressure(), "");
  queue("cellar", true);
  EXPECT_EQ(pressure(), "sensor-persistence of cellar asks for a slower pace");
}

TEST_F(DownstreamTest, the_only_service_of_its_kind_counts_however_long_it_is_down) {
  status("cellar", "down");
  now += 24h * 365;
  EXPECT_EQ(pressure(), "sensor-persistence of cellar is down");
}

TEST_F(DownstreamTest, a_service_that_comes_back_after_long_counts_again) {
  status("attic", "down");
  pass(15min, "cellar");
  status("attic", "up");
  queue("attic", true);
  EXPECT_EQ(pressure(), "sensor-persistence of attic asks for a slower pace");
}

TEST_F(DownstreamTest, refuses_what_it_cannot_read_and_keeps_what_it_knew) {
  status("kitchen", "down");
  EXPECT_FALSE(status("kitchen", "sideways"));
  EXPECT_FALSE(take("kitchen", "queue", "{"));
  EXPECT_EQ(pressure(), "sensor-persistence of kitchen is down");
}

TEST_F(DownstreamTest, a_flood_of_invented_nodes_is_not_remembered) {
  for (int i = 0; i < 1'000; ++i) status("node" + std::to_string(i), "up");
  status("late", "down");
  EXPECT_EQ(pressure(), "");
  EXPECT_TRUE(status("node0", "down"));
  EXPECT_EQ(pressure(), "sensor-persistence of node0 is down");
}

}  // namespace
}  // namespace sensors::publisher

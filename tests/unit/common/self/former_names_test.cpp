#include "common/self/former_names.hpp"

#include <gtest/gtest.h>

#include "common/codec/status_json.hpp"

namespace sensors {
namespace {

using namespace std::chrono_literals;

/// The machine is `kitchen`, and was `attic` in `run1` and `run2`.
class FormerNamesTest : public testing::Test {
 protected:
  FormerNamesTest() {
    names.add("attic", "run1");
    names.add("attic", "run2");
    names.add("kitchen", "run0");
  }

  void hear(const std::string& run, ServiceState state = ServiceState::up, bool retained = false,
            const std::string& node = "attic") {
    MqttMessage message;
    message.topic = topic_of("sensors", node, "status", "sensor-publisher");
    message.payload = encode_status({"sensor-publisher", state, "", WallTime{}, "1", R"("stream":")" + run + '"'});
    message.retained = retained;
    names.take(*parse_topic(message.topic), message, now);
  }

  /// How many messages clear something after so long.
  std::size_t cleared_after(Millis time) {
    now += time;
    return names.advance(now).size();
  }

  Instant now{1h};
  FormerNames names{{"sensors", "sensor-publisher", "kitchen", "stream", 10s}};
};

TEST_F(FormerNamesTest, topics_are_given_once_and_not_the_own_one) {
  EXPECT_EQ(names.take_topics(), std::vector<std::string>{"sensors/attic/status/sensor-publisher"});
  EXPECT_TRUE(names.take_topics().empty());
  names.add("loft", "run0");
  EXPECT_EQ(names.take_topics(), std::vector<std::string>{"sensors/loft/status/sensor-publisher"});
}

TEST_F(FormerNamesTest, whatever_an_earlier_run_left_goes_once_it_is_not_said_again) {
  for (const ServiceState state : {ServiceState::up, ServiceState::degraded, ServiceState::down}) {
    for (const bool retained : {true, false}) {
      hear("run1", state, retained);
      ASSERT_TRUE(names.wake_at().has_value());
      EXPECT_EQ(cleared_after(29s), 0U);
      EXPECT_EQ(cleared_after(2s), 2U);
      EXPECT_FALSE(names.wake_at().has_value());
      now += 1h;
    }
  }
}

TEST(FormerNamesOfAlerts, alerts_go_with_the_status) {
  FormerNames names{{"sensors", "sensor-alerts", "kitchen", "instance", 10s, false, true}};
  names.add("attic", "run1");
  EXPECT_EQ(names.take_topics(),
            (std::vector<std::string>{"sensors/attic/status/sensor-alerts", "sensors/attic/alert/+"}));
  Instant now{1h};
  const auto hear = [&names, &now](const std::string& topic, const std::string& payload) {
    const MqttMessage message{topic, payload, "", "", true};
    names.take(*parse_topic(topic), message, now);
  };
  hear("sensors/attic/alert/disk", "{}");
  hear("sensors/attic/alert/hot", "{}");
  hear("sensors/attic/alert/hot", "");
  hear("sensors/loft/alert/disk", "{}");
  EXPECT_FALSE(names.wake_at().has_value()) << "whose they are is not known";
  hear("sensors/attic/status/sensor-alerts",
       encode_status({"sensor-alerts", ServiceState::down, "", WallTime{}, "1", R"("instance":"run1")"}));
  now += 31s;
  std::set<std::string> cleared;
  for (const MqttPublish& message : names.advance(now)) {
    EXPECT_TRUE(message.retain && message.payload.empty());
    cleared.insert(message.topic);
  }
  EXPECT_EQ(cleared, (std::set<std::string>{"sensors/attic/alert/disk", "sensors/attic/queue/sensor-alerts",
                                            "sensors/attic/status/sensor-alerts"}));
}

TEST_F(FormerNamesTest, what_was_heard_before_the_connection_was_lost_may_be_anothers_by_now) {
  hear("run1", ServiceState::down, true);
  names.disconnected();
  EXPECT_FALSE(names.wake_at().has_value());
  EXPECT_EQ(cleared_after(1h), 0U) << "the broker may keep what another machine said meanwhile";
  hear("run1", ServiceState::down, true);
  EXPECT_EQ(cleared_after(31s), 2U) << "it is heard again where it is still there";
}

TEST_F(FormerNamesTest, the_last_will_may_come_behind_what_the_network_held_back) {
  hear("run2", ServiceState::up);
  now += 2s;
  hear("run2", ServiceState::up);
  now += 20s;
  hear("run2", ServiceState::down);
  EXPECT_EQ(cleared_after(31s), 2U);
}

TEST_F(FormerNamesTest, a_machine_of_which_this_one_is_a_copy_is_left_alone_while_it_runs_and_when_it_is_cut_off) {
  for (int i = 0; i < 10; ++i) {
    hear("run2");
    EXPECT_EQ(cleared_after(10s), 0U);
  }
  hear("run2", ServiceState::down);
  EXPECT_EQ(cleared_after(100s), 0U);
  hear("run1", ServiceState::down);
  EXPECT_EQ(cleared_after(100s), 2U) << "that run is over";
}

TEST_F(FormerNamesTest, another_machine_that_has_the_name_now_is_left_alone) {
  hear("run2", ServiceState::down);
  now += 1s;
  hear("elsewhere");
  EXPECT_EQ(cleared_after(100s), 0U);
  hear("elsewhere", ServiceState::down, true);
  EXPECT_EQ(cleared_after(100s), 0U);
  hear("run2", ServiceState::down, true, "cellar");
  EXPECT_EQ(cleared_after(100s), 0U);
}

}  // namespace
}  // namespace sensors

// What is told of machines and services that are not heard of any more.
#include "services/sensor-alerts/logic/witnesses.hpp"

#include "tests/unit/services/sensor-alerts/logic/timeline.hpp"

namespace sensors::alerts {
namespace {

class WitnessesTimeline : public AlertsTimeline {
 protected:
  WitnessesTimeline() {
    for (const char* kind : {"machine_silent", "service_down", "degraded", "sensor_silent"}) {
      options_.off.erase(kind);
      options_.lasts.emplace(kind, Millis{60'000});
    }
  }

  /// The attic is dead, and told.
  void lose_the_attic() {
    start();
    say("attic", "sensor-publisher", ServiceState::up);
    pass_with_store(Millis{20'000});
    say("attic", "sensor-publisher", ServiceState::down);
    pass_with_store(Millis{180'000});
    ASSERT_EQ(titles().size(), 1U);
    ASSERT_EQ(titles()[0].substr(0, 7), "attic: ") << titles()[0];
  }

  /// The bridge of the hub was stopped, and told.
  void stop_the_bridge() {
    start();
    say("hub", "sensor-http-bridge", ServiceState::down);
    pass_with_store(Millis{180'000});
    ASSERT_EQ(titles().size(), 1U);
  }
};

TEST_F(WitnessesTimeline, a_dead_machine_is_not_over_because_the_broker_forgot_it) {
  lose_the_attic();
  power_cut();
  pass_with_store(Millis{3'600'000});
  EXPECT_EQ(titles().size(), 1U) << titles().back();
  EXPECT_NE(retained("machine_silent.attic").find("firing"), std::string::npos);
  say("attic", "sensor-publisher", ServiceState::up);
  pass_with_store(Millis{20'000});
  say("attic", "sensor-publisher", ServiceState::up);
  pass_with_store(Millis{20'000});
  say("attic", "sensor-publisher", ServiceState::up);
  pass_with_store(Millis{20'000});
  say("attic", "sensor-publisher", ServiceState::up);
  pass_with_store(Millis{20'000});
  ASSERT_EQ(titles().size(), 2U);
  EXPECT_EQ(titles()[1].substr(0, 6), "Over: ");
}

TEST_F(WitnessesTimeline, a_dead_machine_is_not_over_because_the_broker_of_this_run_began_anew) {
  lose_the_attic();
  step(MqttDisconnected{"gone"});
  pass(Millis{5'000});
  step(MqttConnected{});
  pass_with_store(Millis{3'600'000});
  EXPECT_EQ(titles().size(), 1U) << titles().back();
}

TEST_F(WitnessesTimeline, a_machine_that_somebody_takes_off_is_over) {
  lose_the_attic();
  power_cut();
  pass_with_store(Millis{120'000});
  take_off("attic", "sensor-publisher");
  pass_with_store(Millis{180'000});
  EXPECT_EQ(titles().size(), 2U);
}

TEST_F(WitnessesTimeline, a_service_that_was_stopped_is_not_over_because_the_broker_forgot_it) {
  stop_the_bridge();
  power_cut();
  pass_with_store(Millis{3'600'000});
  EXPECT_EQ(titles().size(), 1U) << titles().back();
  for (int i = 0; i < 5; ++i) {
    say("hub", "sensor-http-bridge", ServiceState::up);
    pass_with_store(Millis{20'000});
  }
  EXPECT_EQ(titles().size(), 2U);
}

TEST_F(WitnessesTimeline, a_service_that_somebody_takes_off_is_over) {
  stop_the_bridge();
  take_off("hub", "sensor-http-bridge");
  pass_with_store(Millis{180'000});
  EXPECT_EQ(titles().size(), 2U);
}

TEST_F(WitnessesTimeline, what_was_wrong_on_a_dead_machine_is_not_over_because_nobody_knows_it) {
  start();
  say("attic", "sensor-publisher", ServiceState::up);
  say("attic", "sensor-demo", ServiceState::degraded);
  pass_with_store(Millis{20'000});
  say("attic", "sensor-demo", ServiceState::degraded);
  pass_with_store(Millis{20'000});
  say("attic", "sensor-demo", ServiceState::degraded);
  pass_with_store(Millis{20'000});
  say("attic", "sensor-demo", ServiceState::degraded);
  pass_with_store(Millis{20'000});
  ASSERT_EQ(titles().size(), 1U);
  power_cut();
  pass_with_store(Millis{3'600'000});
  EXPECT_EQ(titles().size(), 1U) << titles().back();
}

/// Who has to be heard before an alert of each kind can be over.
class WitnessesTest : public ::testing::Test {
 protected:
  void hear(const std::string& node, const std::string& service, bool is_cleared = false) {
    StatusReport report;
    report.service = service;
    report.since = now_.wall;
    const std::string payload = is_cleared ? "" : encode_status(report);
    const TopicView topic{"sensors", node, "status", service};
    witnesses_.take(topic, is_cleared);
    ASSERT_TRUE(watch_.take(topic, payload, now_));
  }

  bool can_say(const std::string& kind, const std::string& node, const std::string& object) const {
    Alert alert;
    alert.kind = kind;
    alert.node = node;
    alert.object = object;
    return witnesses_.can_say(alert, watch_, since_);
  }

  Now now_{Instant{} + Millis{1'000'000}, WallTime{Millis{1'768'493'375'123}}};
  Instant since_ = now_.monotonic;
  verdict::PipelineWatch watch_{{.node = "hub", .service = "sensor-alerts"}};
  Witnesses witnesses_;
};

TEST_F(WitnessesTest, a_store_speaks_for_its_destinations_the_gaps_and_the_silent_sensors) {
  EXPECT_FALSE(can_say("gap", "attic", "sensor-persistence"));
  EXPECT_FALSE(can_say("dead_letters", "hub", "influx"));
  EXPECT_FALSE(can_say("destination_gone", "hub", "influx"));
  EXPECT_FALSE(can_say("sensor_silent", "shed", "co2"));
  EXPECT_FALSE(can_say("disk", "hub", "sensor-persistence"));
  hear("hub", "sensor-persistence");
  EXPECT_TRUE(can_say("gap", "attic", "sensor-persistence"));
  EXPECT_TRUE(can_say("dead_letters", "hub", "influx"));
  EXPECT_TRUE(can_say("destination_gone", "hub", "influx"));
  EXPECT_TRUE(can_say("sensor_silent", "shed", "co2"));
  EXPECT_TRUE(can_say("disk", "hub", "sensor-persistence"));
  EXPECT_FALSE(can_say("dead_letters", "attic", "influx")) << "another store's";
  EXPECT_FALSE(can_say("disk", "hub", "sensor-publisher"));
}

TEST_F(WitnessesTest, a_publisher_speaks_for_its_own_sensors) {
  hear("attic", "sensor-publisher");
  EXPECT_TRUE(can_say("sensor_silent", "attic", "co2"));
  EXPECT_FALSE(can_say("sensor_silent", "shed", "co2"));
  EXPECT_TRUE(can_say("driver", "attic", "bme280"));
  EXPECT_TRUE(can_say("clock", "attic", ""));
}

TEST_F(WitnessesTest, what_was_heard_over_an_earlier_connection_does_not_count) {
  hear("attic", "sensor-publisher");
  since_ = now_.monotonic + Millis{1};
  EXPECT_FALSE(can_say("machine_silent", "attic", ""));
}

TEST_F(WitnessesTest, a_machine_is_gone_when_all_of_it_was_taken_off) {
  hear("attic", "sensor-publisher");
  hear("attic", "sensor-http-bridge");
  since_ = now_.monotonic + Millis{1};
  hear("attic", "sensor-http-bridge", true);
  EXPECT_TRUE(can_say("service_down", "attic", "sensor-http-bridge"));
  EXPECT_FALSE(can_say("machine_silent", "attic", ""));
  hear("attic", "sensor-publisher", true);
  EXPECT_TRUE(can_say("machine_silent", "attic", ""));
  EXPECT_TRUE(can_say("sensor_silent", "attic", "co2"));
}

}  // namespace
}  // namespace sensors::alerts

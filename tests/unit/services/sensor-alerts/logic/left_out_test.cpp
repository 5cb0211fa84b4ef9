// What a verdict leaves out, because something else explains it or nobody can say it, is not told as over.
#include "common/codec/control_json.hpp"
#include "common/codec/silent_json.hpp"
#include "tests/unit/services/sensor-alerts/logic/timeline.hpp"

namespace sensors::alerts {
namespace {

class LeftOutTimeline : public AlertsTimeline {
 protected:
  LeftOutTimeline() {
    for (const std::string_view kind : verdict::kinds) options_.lasts.emplace(kind, Millis{60'000});
    options_.off = {"pace", "service_missing"};
    start();
    for (const char* service : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge"}) says(service, up);
  }

  void says(const std::string& service, ServiceState state, const std::string& reason = {},
            const std::string& details = {}) {
    StatusReport report{service, state, reason, now_.wall, "1", details};
    hears("status", service, encode_status(report));
    statuses_[service] = std::move(report);
  }

  void hears(const std::string& kind, const std::string& name, const std::string& payload) {
    step(MqttMessage{"sensors/hub/" + kind + "/" + name, payload, "", "", false});
  }

  /// Who lives says how it is, every 10 s.
  void live(Millis time) {
    for (Millis left = time; left > Millis{0}; left -= Millis{10'000}) {
      for (const auto& [service, report] : statuses_) hears("status", service, encode_status(report));
      pass(Millis{10'000});
    }
  }

  /// `name` is told, and is the only one that is.
  void expect_told(const std::string& name) {
    live(Millis{180'000});
    ASSERT_EQ(titles().size(), 1U) << titles().back();
    ASSERT_NE(retained(name).find("firing"), std::string::npos);
  }

  void expect_open(const std::string& name) {
    live(Millis{600'000});
    EXPECT_NE(retained(name).find("firing"), std::string::npos) << retained(name);
    for (const std::string& title : titles()) EXPECT_FALSE(title.starts_with("Over: ")) << title;
  }

  void expect_over(const std::string& name) {
    live(Millis{180'000});
    EXPECT_NE(retained(name).find("resolved"), std::string::npos) << retained(name);
  }

  static constexpr ServiceState up = ServiceState::up;
  static constexpr ServiceState down = ServiceState::down;
  static constexpr ServiceState degraded = ServiceState::degraded;
  static inline const std::string name_of_store = "hub.sensor-persistence";

 private:
  std::map<std::string, StatusReport> statuses_;
};

TEST_F(LeftOutTimeline, a_full_disk_is_not_over_because_it_killed_the_store) {
  const std::string full = R"("disk":{"free_bytes":1,"size_bytes":1000})";
  const std::string name = alert_name({"disk", "hub", "sensor-persistence"});
  says("sensor-persistence", up, "", full);
  expect_told(name);
  says("sensor-persistence", down);
  expect_open(name);
  says("sensor-persistence", up);
  expect_over(name);
}

TEST_F(LeftOutTimeline, a_silent_sensor_is_not_over_because_its_publisher_is_down) {
  const std::string name = alert_name({"sensor_silent", "hub", "door"});
  hears("silent", "sensor-publisher",
        encode_silent({9, {{"hub", "door", now_.wall - Millis{60'000}, Millis{10'000}}}, 0}));
  expect_told(name);
  says("sensor-publisher", down);
  expect_open(name);
  says("sensor-publisher", up);
  hears("silent", "sensor-publisher", encode_silent({9, {}, 0}));
  expect_over(name);
}

TEST_F(LeftOutTimeline, a_queue_is_not_shorter_because_the_store_is_down) {
  const std::string name = alert_name({"queue_grows", "hub", "sensor-publisher"});
  hears("queue", "sensor-publisher", encode_queue_depth({.depth = 11, .high = 10, .limit = 1'000}));
  expect_told(name);
  says("sensor-persistence", down);
  expect_open(name);
  says("sensor-persistence", up);
  hears("queue", "sensor-publisher", encode_queue_depth({.depth = 1, .high = 10, .limit = 1'000}));
  expect_over(name);
}

TEST_F(LeftOutTimeline, what_a_service_said_is_not_over_because_its_breaker_opens) {
  const std::string name = alert_name({"degraded", "hub", "sensor-http-bridge"});
  says("sensor-http-bridge", degraded, "something is wrong");
  expect_told(name);
  says("sensor-http-bridge", degraded, "refused", R"("breaker":{"state":"open","reason":"refused"})");
  expect_open(name);
  says("sensor-http-bridge", up);
  expect_over(name);
}

TEST_F(LeftOutTimeline, a_driver_is_not_well_because_its_publisher_says_something_else) {
  const std::string name = alert_name({"driver", "hub", "bme280"});
  says("sensor-publisher", degraded, "drivers with errors: bme280: no answer");
  expect_told(name);
  says("sensor-publisher", degraded, "the outbox cannot be written");
  expect_open(name);
  says("sensor-publisher", up);
  expect_over(name);
}

TEST_F(LeftOutTimeline, a_second_sensor_of_a_driver_that_falls_silent_is_told) {
  const SilentSensor first{"hub", "a.temperature", now_.wall - Millis{60'000}, Millis{10'000}, "onewire"};
  says("sensor-publisher", degraded, "drivers with errors: onewire: a does not answer");
  hears("silent", "sensor-publisher", encode_silent({9, {first}, 0}));
  expect_told(alert_name({"sensor_silent", "hub", "a.temperature"}));
  SilentSensor second = first;
  second.sensor = "b.temperature";
  hears("silent", "sensor-publisher", encode_silent({9, {first, second}, 0}));
  live(Millis{180'000});
  ASSERT_EQ(titles().size(), 2U);
  EXPECT_NE(titles().back().find("b.temperature"), std::string::npos) << titles().back();
}

}  // namespace
}  // namespace sensors::alerts

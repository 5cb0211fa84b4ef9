#include <gtest/gtest.h>

#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/verbs/tail.hpp"
#include "tests/unit/services/sensorctl/verbs/timeline.hpp"

namespace sensors::sensorctl {
namespace {

const std::string reading_topic = "sensors/kitchen/reading/bme280.temperature";
const std::string reading =
    R"({"sensor":"bme280.temperature","value":21.53,"unit":"Cel","time":"2026-01-15T16:09:35.123Z","seq":1042,"stream":"k3v9"})";

TEST(Tail, prints_readings_and_events_a_line_each) {
  Tail tail({});
  Timeline line(tail);
  line.happens(MqttConnected{});
  line.hears(reading_topic, reading);
  line.hears(
      "sensors/kitchen/event/sensor-http-bridge",
      R"({"type":"breaker","time":"2026-01-15T16:09:36.000Z","text":"Circuit breaker OPEN - x","from":"closed"})");
  EXPECT_EQ(line.out,
            "2026-01-15T16:09:35.123Z kitchen bme280.temperature 21.53 Cel\n"
            "2026-01-15T16:09:36.000Z kitchen sensor-http-bridge breaker: Circuit breaker OPEN - x\n");
}

TEST(Tail, keeps_to_the_sensors_that_fit_and_asks_for_no_events_then) {
  Tail tail({"*.humidity", false});
  Timeline line(tail);
  line.happens(MqttConnected{});
  line.hears(reading_topic, reading);
  EXPECT_EQ(line.out, "");
  EXPECT_EQ(Tail::filters({"*.humidity", false}, "sensors", "kitchen"),
            std::vector<std::string>{"sensors/kitchen/reading/+"});
  EXPECT_EQ(Tail::filters({}, "sensors", ""), (std::vector<std::string>{"sensors/+/reading/+", "sensors/+/event/+"}));
}

bool shows(const std::string& pattern) {
  Tail tail({pattern, true});
  Timeline line(tail);
  line.happens(MqttConnected{});
  line.hears(reading_topic, reading);
  return !line.out.empty();
}

TEST(Tail, takes_a_pattern_for_the_whole_name) {
  for (const char* pattern : {"bme280.temperature", "bme280.*", "*temp*", "*", "bme280?temperature", "*e*e*ture"}) {
    EXPECT_TRUE(shows(pattern)) << pattern;
  }
  for (const char* pattern : {"bme280", "temperature", "?", "*.humidity", "BME280.*", "bme280.temperature?"}) {
    EXPECT_FALSE(shows(pattern)) << pattern;
  }
}

TEST(Tail, takes_bounded_time_for_many_stars) {
  std::string pattern;
  for (int i = 0; i < 4'000; ++i) pattern += "e*";
  EXPECT_FALSE(shows(pattern + "b"));
  pattern.clear();
  for (int i = 0; i < 12; ++i) pattern += "*[e.t]?";
  EXPECT_FALSE(shows(pattern + "b"));
}

TEST(Tail, prints_the_payload_as_it_came_as_json) {
  Tail tail({"", true});
  Timeline line(tail);
  line.happens(MqttConnected{});
  line.hears(reading_topic, reading);
  EXPECT_EQ(line.out, R"({"node":"kitchen","kind":"reading","name":"bme280.temperature","payload":)" + reading + "}\n");
}

TEST(Tail, complains_about_what_is_no_reading_and_goes_on) {
  Tail tail({});
  Timeline line(tail);
  line.happens(MqttConnected{});
  line.hears(reading_topic, "{}");
  line.hears("sensors/kitchen/event/sensor-publisher", "[]");
  EXPECT_EQ(line.out, "");
  EXPECT_NE(line.complaints.find(reading_topic), std::string::npos);
  EXPECT_NE(line.complaints.find("event/sensor-publisher"), std::string::npos);
  EXPECT_FALSE(line.exit_code.has_value());
}

TEST(Tail, ends_well_by_ctrl_c) {
  Tail tail({});
  Timeline line(tail);
  line.happens(MqttConnected{});
  line.happens(StopRequested{});
  EXPECT_EQ(line.exit_code, exit_ok);
}

TEST(Tail, waits_for_a_broker_that_was_there_and_says_so_once) {
  Tail tail({});
  Timeline line(tail);
  line.happens(MqttConnected{});
  line.happens(MqttDisconnected{"connection lost", ErrorCode::disconnected});
  line.happens(MqttDisconnected{"broker x: refused", ErrorCode::refused});
  line.happens(MqttConnected{});
  EXPECT_EQ(line.complaints, "connection lost; waiting for the broker\nconnected to the broker again\n");
  EXPECT_FALSE(line.exit_code.has_value());
}

TEST(Tail, ends_at_once_when_there_is_no_broker) {
  Tail tail({});
  Timeline line(tail);
  line.happens(MqttDisconnected{"broker 127.0.0.1:11883: connection refused", ErrorCode::refused});
  EXPECT_EQ(line.exit_code, exit_no_broker);
  EXPECT_EQ(line.complaints,
            "broker 127.0.0.1:11883: connection refused; is it running? systemctl status sensor-broker\n");
}

}  // namespace
}  // namespace sensors::sensorctl

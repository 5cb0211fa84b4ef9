#include "services/sensorctl/verbs/alerts.hpp"

#include <gtest/gtest.h>

#include "common/codec/control_json.hpp"
#include "common/codec/time_text.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "tests/unit/services/sensorctl/verbs/timeline.hpp"

namespace sensors::sensorctl {
namespace {

const Session alerts_session{"sensors", "", "sensorctl-1", Millis{5'000}};
const std::string alerts_status =
    R"({"service":"sensor-alerts","state":"up","reason":"","since":"2026-01-15T16:00:00Z","version":"0.2.0"})";

std::string alert_with(const std::string& name, bool is_over = false) {
  Alert alert;
  alert.name = name;
  alert.severity = "warning";
  alert.kind = "rule";
  alert.node = "garage";
  alert.text = name + " is hot";
  alert.since = *parse_time("2026-01-15T16:09:35.123Z");
  if (is_over) alert.ended = *parse_time("2026-01-15T16:19:35Z");
  return encode_alert(alert);
}

std::string event_with(const std::string& type, const std::string& text) {
  return encode_event(type, *parse_time("2026-01-15T16:09:35.123Z"), text);
}

void begin(Timeline& line) {
  line.happens(MqttConnected{});
  line.hears("sensors/hub/status/sensor-alerts", alerts_status, true);
  line.hears("sensors/hub/alert/oven", alert_with("oven"), true);
  line.hears("sensors/hub/alert/stove", alert_with("stove", true), true);
  line.passes(Millis{400});
}

TEST(AlertsVerb, lists_what_goes_on) {
  Alerts command({}, alerts_session);
  Timeline line(command);
  begin(line);
  EXPECT_EQ(line.exit_code, exit_ok);
  EXPECT_NE(line.out.find("oven"), std::string::npos) << line.out;
  EXPECT_NE(line.out.find("garage: oven is hot"), std::string::npos) << line.out;
  EXPECT_EQ(line.out.find("stove"), std::string::npos) << line.out;
}

TEST(AlertsVerb, lists_what_is_over_when_asked) {
  Alerts command({.order = std::nullopt, .all = true, .json = true}, alerts_session);
  Timeline line(command);
  begin(line);
  EXPECT_EQ(line.out, alert_with("oven") + "\n" + alert_with("stove", true) + "\n");
}

TEST(AlertsVerb, acknowledges_one_and_says_so) {
  Alerts command({.order = AlertOrder{AlertOrder::Kind::acknowledge, "oven"}}, alerts_session);
  Timeline line(command);
  begin(line);
  ASSERT_EQ(line.published.size(), 1U);
  EXPECT_EQ(line.published[0].topic, "sensors/hub/control/sensor-alerts");
  EXPECT_EQ(line.published[0].payload, R"({"alert":"acknowledge","name":"oven"})");
  EXPECT_FALSE(line.exit_code.has_value());
  line.hears("sensors/hub/event/sensor-alerts", event_with("alert_acknowledged", "alert oven is acknowledged"));
  EXPECT_EQ(line.exit_code, exit_ok);
  EXPECT_EQ(line.out, "alert oven is acknowledged\n");
}

TEST(AlertsVerb, says_what_came_of_a_test) {
  Alerts command({.order = AlertOrder{AlertOrder::Kind::test, "phone"}}, alerts_session);
  Timeline line(command);
  begin(line);
  line.hears("sensors/hub/event/sensor-alerts", event_with("alert_test_failed", "channel mail: no"));
  EXPECT_FALSE(line.exit_code.has_value()) << "of another channel";
  line.hears("sensors/hub/event/sensor-alerts",
             event_with("alert_test_failed", "channel phone: the test did not arrive"));
  EXPECT_EQ(line.exit_code, exit_trouble);
}

TEST(AlertsVerb, waits_for_what_comes_of_a_channel_that_hangs) {
  Alerts command({.order = AlertOrder{AlertOrder::Kind::test, "phone"}}, alerts_session);
  Timeline line(command);
  begin(line);
  line.passes(Millis{30'000});
  EXPECT_FALSE(line.exit_code.has_value()) << "the channel has as long";
  line.passes(Millis{10'000});
  EXPECT_EQ(line.exit_code, exit_no_answer);
  EXPECT_NE(line.complaints.find("has not said what came of it in 40 s"), std::string::npos) << line.complaints;
}

TEST(AlertsVerb, says_that_nobody_tells_alerts_here) {
  Alerts command({}, alerts_session);
  Timeline line(command);
  line.happens(MqttConnected{});
  line.passes(Millis{6'000});
  EXPECT_EQ(line.exit_code, exit_no_answer);
  EXPECT_NE(line.complaints.find("the broker knows no sensor-alerts"), std::string::npos) << line.complaints;
}

}  // namespace
}  // namespace sensors::sensorctl

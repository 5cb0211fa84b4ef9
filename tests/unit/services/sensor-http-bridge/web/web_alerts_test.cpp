// What sensor-alerts shows, over HTTP: who asks, and who listens.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/codec/alert_json.hpp"
#include "common/codec/time_text.hpp"
#include "tests/unit/services/sensor-http-bridge/web/web_timeline.hpp"

namespace sensors::bridge {
namespace {

class WebAlerts : public testing::Test {
 protected:
  WebAlerts() { web.step(MqttConnected{}); }

  static std::string alert_of(const std::string& object, bool is_over = false) {
    Alert alert;
    alert.name = "sensor_silent.attic." + object;
    alert.severity = "warning";
    alert.kind = "sensor_silent";
    alert.node = "attic";
    alert.object = object;
    alert.since = *parse_time("2026-01-15T16:09:35.123Z");
    if (is_over) alert.ended = *parse_time("2026-01-15T17:09:35.123Z");
    return encode_alert(alert);
  }

  void show(const std::string& object, const std::string& payload) {
    web.hear("kitchen/alert/sensor_silent.attic." + object, payload);
  }

  nlohmann::json asked() { return nlohmann::json::parse(web.now_at("/v1/alerts").body).at("alerts"); }

  WebTimeline web;
};

TEST_F(WebAlerts, are_listed_the_open_ones_first) {
  EXPECT_TRUE(asked().empty());
  show("co2", alert_of("co2", true));
  show("door", alert_of("door"));
  ASSERT_EQ(asked().size(), 2U);
  EXPECT_EQ(asked().at(0).at("object"), "door");
  EXPECT_EQ(asked().at(0).at("node"), "attic") << "what it is about, not who says it";
  EXPECT_EQ(asked().at(1).at("state"), "resolved");
  show("door", "");
  EXPECT_EQ(asked().size(), 1U);
  show("co2", "not JSON");
  EXPECT_EQ(asked().size(), 1U);
}

TEST_F(WebAlerts, are_for_who_may_read) {
  WebOptions closed = web_options();
  closed.anonymous.read = false;
  WebTimeline other(closed);
  EXPECT_EQ(other.now_at("/v1/alerts").status, 401);
}

TEST_F(WebAlerts, stand_at_the_beginning_of_a_stream_and_come_as_they_change) {
  show("co2", alert_of("co2"));
  const std::uint64_t stream = web.get("/v1/events?kinds=alert");
  EXPECT_NE(web.streams.at(stream).find("event: alert\ndata: " + alert_of("co2") + "\n\n"), std::string::npos);
  web.streams.at(stream).clear();
  show("co2", alert_of("co2", true));
  EXPECT_EQ(web.streams.at(stream), "event: alert\ndata: " + alert_of("co2", true) + "\n\n");
  web.streams.at(stream).clear();
  show("co2", "");
  EXPECT_EQ(web.streams.at(stream),
            "event: alert\ndata: {\"name\":\"sensor_silent.attic.co2\",\"state\":\"cleared\"}\n\n");
}

TEST_F(WebAlerts, are_forgotten_where_they_were_taken_off_while_nobody_listened) {
  show("co2", alert_of("co2"));
  show("door", alert_of("door"));
  web.step(MqttDisconnected{});
  web.pass(std::chrono::hours{1});
  EXPECT_EQ(asked().size(), 2U) << "what was said last stays to be looked at";
  const std::uint64_t stream = web.get("/v1/events?kinds=alert");
  web.step(MqttConnected{});
  show("door", alert_of("door"));
  web.streams.at(stream).clear();
  web.pass(AlertBoard::settle);
  ASSERT_EQ(asked().size(), 1U);
  EXPECT_EQ(asked().at(0).at("object"), "door");
  const std::string& told = web.streams.at(stream);
  EXPECT_NE(told.find(R"({"name":"sensor_silent.attic.co2","state":"cleared"})"), std::string::npos) << told;
  EXPECT_EQ(told.find("attic.door"), std::string::npos) << told;
}

}  // namespace
}  // namespace sensors::bridge

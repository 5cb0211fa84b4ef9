// The verdict over HTTP: who asks, and who listens.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/services/sensor-http-bridge/web/web_timeline.hpp"

namespace sensors::bridge {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

class WebVerdict : public testing::Test {
 protected:
  WebVerdict() {
    web.step(MqttConnected{});
    say("sensor-persistence", "up");
    say("sensor-http-bridge", "up");
    say("sensor-publisher", "up");
  }

  void say(const std::string& service, const std::string& state, const std::string& node = "kitchen") {
    web.hear(node + "/status/" + service, R"({"service":")" + service + R"(","state":")" + state +
                                              R"(","reason":"r","since":"2026-01-15T16:09:35.123Z","version":"1"})");
  }

  Json asked() { return Json::parse(web.now_at("/v1/verdict").body); }

  /// The headlines of the events that a stream was sent since the last call.
  std::vector<std::string> told(std::uint64_t stream) {
    std::vector<std::string> headlines;
    std::string& text = web.streams.at(stream);
    constexpr std::string_view lead = "event: verdict\ndata: ";
    for (std::size_t at = text.find(lead); at != std::string::npos; at = text.find(lead, at + 1)) {
      const std::size_t begin = at + lead.size();
      headlines.push_back(Json::parse(text.substr(begin, text.find('\n', begin) - begin)).at("headline"));
    }
    text.clear();
    return headlines;
  }

  using Headlines = std::vector<std::string>;
  WebTimeline web;
};

TEST_F(WebVerdict, is_given_to_who_may_read) {
  EXPECT_EQ(asked().at("ok"), true);
  EXPECT_EQ(asked().at("headline"), "All is well: everything delivered");
  EXPECT_EQ(header_of(web.now_at("/v1/verdict"), "Content-Type"), "application/json");
  WebOptions closed = web_options();
  closed.anonymous.read = false;
  WebTimeline other(closed);
  EXPECT_EQ(other.now_at("/v1/verdict").status, 401);
  EXPECT_EQ(other.now_at("/v1/verdict", {{"authorization", "Bearer write-secret"}}).status, 403);
}

TEST_F(WebVerdict, says_how_many_sensors_are_silent_and_of_how_many) {
  web.hear("kitchen/silent/sensor-publisher",
           R"({"known":56,"silent":[{"node":"kitchen","sensor":"door","since":"2026-01-15T16:09:35.123Z",)"
           R"("interval_ms":10000}],"more":0})");
  EXPECT_EQ(asked().at("headline"), "1 of 56 sensors is silent; all else is well");
  EXPECT_EQ(asked().at("sensors"), 56);
  EXPECT_EQ(asked().at("problems").at(0).at("object"), "door");
  web.hear("kitchen/silent/sensor-publisher", "not JSON");
  EXPECT_EQ(web.web.counters().refused_payloads, 1U);
  EXPECT_EQ(asked().at("sensors"), 56);
}

TEST_F(WebVerdict, stands_at_the_beginning_of_a_stream_and_comes_at_once_when_it_changes) {
  const std::uint64_t stream = web.get("/v1/events?kinds=verdict");
  EXPECT_EQ(told(stream), Headlines{"All is well: everything delivered"});
  web.pass(300ms);
  say("sensor-persistence", "down");
  EXPECT_EQ(told(stream), Headlines{"sensor-persistence is down; all else is well"});
  say("sensor-persistence", "down");
  EXPECT_EQ(told(stream), Headlines{}) << "it says the same";
  say("sensor-persistence", "up");
  EXPECT_EQ(told(stream), Headlines{}) << "not more often than a person can read";
  web.pass(200ms);
  EXPECT_EQ(told(stream), Headlines{"All is well: everything delivered"});
  web.step(MqttDisconnected{"gone"});
  web.pass(200ms);
  EXPECT_EQ(told(stream), Headlines{"the broker is not reached; nothing else is known"});
}

TEST_F(WebVerdict, is_told_when_time_alone_has_changed_it_and_now_and_then) {
  const std::uint64_t stream = web.get("/v1/events?kinds=verdict");
  told(stream);
  web.pass(4'900ms);
  EXPECT_EQ(told(stream), Headlines{});
  web.pass(200ms);
  EXPECT_EQ(told(stream), Headlines{"All is well: everything delivered"}) << "its newest reading is of another time";
  web.pass(24s);
  told(stream);
  web.pass(2s);
  EXPECT_EQ(told(stream).back(), "sensor-http-bridge is silent; 2 more problems");
}

TEST_F(WebVerdict, is_not_told_to_who_listens_to_something_else) {
  const std::uint64_t stream = web.get("/v1/events?kinds=status");
  web.streams.at(stream).clear();
  say("sensor-persistence", "down");
  web.pass(10s);
  EXPECT_EQ(told(stream), Headlines{});
}

TEST_F(WebVerdict, is_a_metric_for_each_kind_also_while_there_is_none_of_it) {
  const std::string well = web.now_at("/metrics").body;
  for (const std::string_view kind : verdict::kinds) {
    EXPECT_NE(well.find(fmt::format("sensor_problems{{kind=\"{}\",severity=\"critical\"}} 0\n", kind)),
              std::string::npos)
        << kind;
  }
  say("sensor-publisher", "down", "attic");
  EXPECT_NE(web.now_at("/metrics").body.find(R"(sensor_problems{kind="machine_silent",severity="critical"} 1)"),
            std::string::npos);
}

}  // namespace
}  // namespace sensors::bridge

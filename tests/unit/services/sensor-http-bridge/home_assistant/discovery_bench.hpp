// Discovery on virtual time, and what a broker would keep of what it sends.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/sensor-http-bridge/home_assistant/discovery.hpp"

namespace sensors::bridge {

inline const std::string temperature_topic = "homeassistant/sensor/kitchen/bme280_temperature/config";

class DiscoveryTest : public testing::Test {
 protected:
  void begin(DiscoveryOptions options = {}) {
    discovery.emplace(std::move(options));
    step(MqttConnected{});
  }

  template <class E>
  void step(E event) {
    for (BridgeEffect& effect : discovery->handle(std::move(event), now)) {
      if (auto* message = std::get_if<MqttPublish>(&effect)) sent.push_back(std::move(*message));
      if (auto* line = std::get_if<LogLine>(&effect)) log.push_back(std::move(line->text));
    }
  }

  void pass(Millis time) {
    const Instant end = now.monotonic + time;
    while (const std::optional<Instant> at = discovery->wake_at()) {
      if (*at > end) break;
      now.monotonic = std::max(*at, now.monotonic);
      step(Tick{});
    }
    now.monotonic = end;
  }

  void hear(const std::string& topic, const std::string& payload, bool retained = false) {
    MqttMessage message;
    message.topic = topic;
    message.payload = payload;
    message.retained = retained;
    step(std::move(message));
  }
  void hear_reading(const std::string& sensor, const Value& value, const std::string& unit = "") {
    hear("sensors/kitchen/reading/" + sensor, encode_reading({1, {sensor, value, unit, WallTime{}}}, "stream"));
  }

  /// The broker takes all that was sent so far.
  void acknowledge() {
    for (const std::size_t until = sent.size(); acknowledged < until; ++acknowledged)
      step(MqttPublished{sent[acknowledged].id, {}});
  }

  /// What a broker would keep: the topics with a payload.
  std::map<std::string, std::string> kept() const {
    std::map<std::string, std::string> topics;
    for (const MqttPublish& message : sent) {
      EXPECT_TRUE(message.retain) << message.topic;
      if (message.payload.empty()) {
        topics.erase(message.topic);
      } else {
        topics[message.topic] = message.payload;
      }
    }
    return topics;
  }

  Now now{Instant{} + std::chrono::hours{1}, WallTime{}};
  std::optional<Discovery> discovery;
  std::vector<MqttPublish> sent;
  std::vector<std::string> log;
  std::size_t acknowledged = 0;
};

}  // namespace sensors::bridge

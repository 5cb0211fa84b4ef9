// Home Assistant's MQTT discovery, with the real broker and services: what Home Assistant's own client hears.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

using Json = nlohmann::json;

constexpr Millis patience{30'000};
const std::set<std::string> all_three{"homeassistant/sensor/node-_1/pressure/config",
                                      "homeassistant/sensor/node-_1/temperature/config",
                                      "homeassistant/sensor/node-_1/wind/config"};

class HomeAssistant : public RigTest {
 protected:
  HomeAssistant() : rig_(folder_, options()) {}

  static RigOptions options() {
    RigOptions options;
    options.nodes = {{"node_1", weather_driver("100ms", 3)}};
    options.nodes[0].drivers.set_text("driver.weather", "stamp", "now");
    options.nodes[0].drivers.set("driver.weather", "units", R"(["temperature=Cel"])");
    options.publisher.set_text("", "status_interval", "200ms");
    options.bridge.set_text("", "status_interval", "200ms");
    options.bridge.set_text("home_assistant", "discovery", "on");
    return options;
  }

  /// As Home Assistant's integration connects: with its own user, which sees what that may see.
  void connect() {
    home_.reset();
    MqttClientOptions options = rig_.broker().client("home-assistant", "home-assistant");
    options.subscriptions = {"homeassistant/#", "sensors/+/reading/+", "sensors/+/status/+"};
    home_ = std::make_unique<MqttProbe>(std::move(options), patience);
  }

  /// Topics of announcements that have come, the newest of each with a payload.
  std::set<std::string> announced() const {
    std::set<std::string> topics;
    for (const MqttMessage& message : home_->messages()) {
      if (!message.topic.ends_with("/config")) continue;
      message.payload.empty() ? static_cast<void>(topics.erase(message.topic))
                              : static_cast<void>(topics.insert(message.topic));
    }
    return topics;
  }
  void wait_announced() {
    rig_.wait_until("all sensors are announced", patience, [&] { return announced() == all_three; });
  }

  Rig rig_;
  std::unique_ptr<MqttProbe> home_;
};

TEST_F(HomeAssistant, is_told_of_each_sensor_and_can_follow_what_it_is_told) {
  rig_.start_all();
  connect();
  wait_announced();
  const Json config = Json::parse(home_->last("homeassistant/sensor/node-_1/temperature/config")->payload);
  EXPECT_EQ(config.at("unit_of_measurement"), "°C") << config.dump(2);
  EXPECT_EQ(config.at("device_class"), "temperature");
  EXPECT_EQ(config.at("unique_id"), "sensors/node_1/temperature");
  const std::string topic = config.at("state_topic");
  const auto reading = home_->wait_for(patience, [&](const MqttMessage& message) { return message.topic == topic; });
  ASSERT_TRUE(reading.has_value()) << folder_.log_tails();
  EXPECT_TRUE(Json::parse(reading->payload).at("value").is_number()) << reading->payload;
  const std::string available = config.at("availability_topic");
  EXPECT_TRUE(home_->wait_for_last(available, patience, [](const MqttMessage& message) {
    return Json::parse(message.payload).at("state") == "up";
  })) << folder_.log_tails();
  rig_.publisher().kill();
  EXPECT_TRUE(home_->wait_for_last(available, patience, [](const MqttMessage& message) {
    return Json::parse(message.payload).at("state") == "down";
  })) << "its last will makes the entities unavailable";
}

TEST_F(HomeAssistant, is_told_again_when_it_or_the_broker_starts_again) {
  rig_.start_all();
  connect();
  wait_announced();
  home_->forget();
  ASSERT_TRUE(home_->publish("homeassistant/status", "online"));
  wait_announced();
  connect();
  wait_announced();  // what is retained
  rig_.broker().process().kill();
  rig_.broker().start();
  connect();
  wait_announced();  // the broker has kept nothing
}

TEST_F(HomeAssistant, forgets_the_sensors_when_they_are_to_be_removed) {
  rig_.start_all();
  connect();
  wait_announced();
  ASSERT_EQ(rig_.bridge().stop(), 0);
  rig_.bridge().config().set_text("home_assistant", "discovery", "remove");
  rig_.bridge().start();
  rig_.wait_until("all announcements are taken back", patience, [&] { return announced().empty(); });
  const std::string status = "sensors/node_1/status/sensor-http-bridge";
  EXPECT_TRUE(home_->wait_for_last(status, patience, [](const MqttMessage& message) {
    return Json::parse(message.payload).value("/counters/home_assistant/removed"_json_pointer, 0) == 3;
  })) << folder_.log_tails();
}

}  // namespace
}  // namespace sensors::rig

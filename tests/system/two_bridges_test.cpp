// Two bridges of one machine, each with an API of its own: what goes wrong with one of them is nothing to the other.
#include <nlohmann/json.hpp>

#include <filesystem>

#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

constexpr Millis patience{30'000};
constexpr const char* first_status = "sensors/node-1/status/sensor-http-bridge";
constexpr const char* second_status = "sensors/node-1/status/sensor-http-bridge-weather";

ConfigText hasty_bridge() {
  ConfigText config;
  config.set_text("destination", "interval", "200ms");
  config.set_text("destination", "few_timeout", "300ms");
  config.set_text("destination", "bulk_timeout", "300ms");
  config.set_text("", "status_interval", "500ms");
  config.set("breaker", "open_times", R"(["1s"])");
  return config;
}

RigOptions two_destinations() {
  RigOptions options = live_weather("50ms", 5);
  options.bridge = hasty_bridge();
  options.persistence.set_text("[ destination]", "name", "weather");  // TOML reads it as one more [[destination]]
  return options;
}

/// What a status says under `key`, such as "reason"; of the breaker under "breaker".
std::string said(const MqttMessage& status, const std::string& key) {
  const nlohmann::json payload = nlohmann::json::parse(status.payload);
  if (!payload.contains(key)) return "";
  return key == "breaker" ? payload.at(key).value("state", "") : payload.value(key, "");
}

class TwoBridges : public RigTest {
 protected:
  /// As an owner does it: a user for it at the broker, a folder for its state, a file for its keys.
  std::unique_ptr<Service> add_bridge(const std::string& name, const ApiProcess& api) {
    Process::Options access;
    access.name = "machine-access.sh";
    access.command = {program_path("bash"), source_path("broker-config/machine-access.sh"), folder_.file("broker"),
                      "add-bridge", name};
    access.log_file = folder_.file("access-" + name + ".log");
    Process script(access);
    script.start();
    EXPECT_EQ(script.wait_exit(patience), 0) << read_file(access.log_file);
    std::filesystem::create_directory(folder_.file("state-" + name));
    ConfigText config = hasty_bridge();
    config.set_text("", "name", name);
    config.set_text("", "node", "node-1");
    config.set_text("", "state_directory", folder_.file("state-" + name));
    config.set("mqtt", "port", std::to_string(rig_.broker().port()));
    config.set_text("mqtt", "password_file", folder_.file("broker/sensor-http-bridge@" + name + ".password"));
    config.set_text("destination", "url", api.url());
    config.set_text("destination", "token_file", api.token_file());
    return std::make_unique<Service>(
        folder_, Service::Options{"sensor-http-bridge", "sensor-http-bridge-" + name, std::move(config), {}});
  }

  void expect_each_reading_once_at(const ApiProcess& api, const std::string& name) {
    EXPECT_TRUE(comes_true(patience, [&] { return api.delivered() >= rig_.progress().taken; })) << name;
    EXPECT_EQ(api.delivered(), rig_.progress().taken) << name;
    EXPECT_EQ(api.duplicates(), 0U) << name;
    EXPECT_EQ(api.gap_records(), 0U) << name;
  }

  TempDir other_folder_{"sensor-test"};
  Rig rig_{folder_, two_destinations()};
  ApiProcess second_api_{other_folder_};
};

TEST_F(TwoBridges, one_whose_api_is_down_does_not_hold_up_the_other_and_both_deliver_each_reading_once) {
  const std::unique_ptr<Service> second = add_bridge("weather", second_api_);
  second_api_.start();
  rig_.start_all();
  second->start();
  const auto probe = rig_.probe({"sensors/+/status/+"});
  rig_.wait_until("both APIs get readings", patience,
                  [&] { return rig_.progress().delivered >= 100 && second_api_.delivered() >= 100; });

  second_api_.set_fault(R"({"mode":"hang"})");
  ASSERT_TRUE(probe->wait_for_last(second_status, patience, [](const MqttMessage& status) {
    return said(status, "breaker") == "open";
  })) << folder_.log_tails();
  const std::uint64_t held = second_api_.delivered();
  const std::uint64_t before = rig_.progress().delivered;
  rig_.wait_until("the first API gets 600 more", Millis{15'000},
                  [&] { return rig_.progress().delivered >= before + 600; });
  EXPECT_EQ(second_api_.delivered(), held);
  EXPECT_TRUE(probe->wait_for_last(first_status, patience, [](const MqttMessage& status) {
    return said(status, "breaker") == "closed" && said(status, "state") == "up";
  })) << folder_.log_tails();

  second->kill();
  second->start();
  rig_.bridge().kill();
  rig_.bridge().start();
  second_api_.set_fault(R"({"mode":"none"})");
  rig_.wait_until("both go on", patience,
                  [&] { return second_api_.delivered() >= held + 600 && rig_.progress().delivered >= before + 800; });
  rig_.stop_production();
  EXPECT_TRUE(rig_.drains_within(patience)) << folder_.log_tails();
  expect_each_reading_once_at(rig_.api(), "the first");
  expect_each_reading_once_at(second_api_, "the second");
}

TEST_F(TwoBridges, a_second_one_for_the_same_destination_delivers_nothing_and_says_what_to_do) {
  const std::unique_ptr<Service> twin = add_bridge("twin", second_api_);
  twin->config().set_text("destination", "name", "api");
  second_api_.start();
  rig_.start_all();
  rig_.wait_until("readings are delivered", patience, [&] { return rig_.progress().delivered >= 100; });
  const auto probe = rig_.probe({"sensors/+/status/+"});
  twin->start();
  EXPECT_TRUE(probe->wait_for_last("sensors/node-1/status/sensor-http-bridge-twin", patience,
                                   [](const MqttMessage& status) {
                                     return said(status, "reason").find("is delivered to by sensor-http-bridge,") !=
                                            std::string::npos;
                                   }))
      << folder_.log_tails();
  const std::uint64_t before = rig_.progress().delivered;
  rig_.wait_until("the first goes on", patience, [&] { return rig_.progress().delivered >= before + 200; });
  EXPECT_EQ(second_api_.delivered(), 0U);
  EXPECT_NE(twin->log().find("give one of them another [destination] name"), std::string::npos) << twin->log();
}

TEST_F(TwoBridges, a_second_one_of_the_same_name_ends_at_once) {
  const std::unique_ptr<Service> second = add_bridge("weather", second_api_);
  second_api_.start();
  rig_.start_all();
  second->start();
  rig_.wait_until("it delivers", patience, [&] { return second_api_.delivered() >= 10; });
  Service copy(folder_, {"sensor-http-bridge", "copy", second->config(), {}});
  copy.start();
  EXPECT_EQ(copy.process().wait_exit(patience), 69) << copy.log();
  EXPECT_NE(copy.log().find("is in use by "), std::string::npos) << copy.log();
}

}  // namespace
}  // namespace sensors::rig

#include "common/codec/discovery_json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <nlohmann/json.hpp>

#include "common/core/reading.hpp"

namespace sensors {
namespace {

using Kind = DiscoveryConfig::Kind;

DiscoveryConfig attic(Kind kind) {
  DiscoveryConfig config;
  config.address = {"sensors", "kitchen", "bme280.temp_1"};
  config.kind = kind;
  config.version = "0.1.0";
  return config;
}

TEST(DiscoveryJson, is_what_Home_Assistant_takes) {
  DiscoveryConfig config = attic(Kind::number);
  config.unit = "°C";
  config.device_class = "temperature";
  config.state_class = "measurement";
  const auto payload = nlohmann::json::parse(encode_discovery(config));
  const auto expected = nlohmann::json::parse(R"({
    "name": "bme280.temp_1",
    "unique_id": "sensors/kitchen/bme280.temp_1",
    "state_topic": "sensors/kitchen/reading/bme280.temp_1",
    "value_template": "{{ value_json.value }}",
    "unit_of_measurement": "°C",
    "device_class": "temperature",
    "state_class": "measurement",
    "availability_topic": "sensors/kitchen/status/sensor-publisher",
    "availability_template":
      "{{ 'offline' if value_json is defined and value_json.state == 'down' else 'online' }}",
    "qos": 1,
    "device": {"identifiers": ["sensors/kitchen"], "name": "kitchen", "manufacturer": "Sensor Project"},
    "origin": {"name": "sensor-project", "sw_version": "0.1.0"}
  })");
  EXPECT_EQ(payload, expected) << payload.dump(2);
}

TEST(DiscoveryJson, leaves_out_what_a_boolean_or_a_text_has_not) {
  for (const auto& [kind, how] : {std::pair(Kind::boolean, "{{ 'ON' if value_json.value else 'OFF' }}"),
                                  std::pair(Kind::text, "{{ value_json.value[:255] }}")}) {
    const auto payload = nlohmann::json::parse(encode_discovery(attic(kind)));
    EXPECT_EQ(payload.at("value_template"), how);
    for (const char* key : {"unit_of_measurement", "device_class", "state_class"})
      EXPECT_FALSE(payload.contains(key)) << key;
  }
}

TEST(DiscoveryJson, has_topics_of_the_characters_that_Home_Assistant_takes) {
  EXPECT_EQ(discovery_topic("homeassistant", attic(Kind::number).address, Kind::number),
            "homeassistant/sensor/kitchen/bme280_temp-_1/config");
  EXPECT_EQ(discovery_topic("ha", {"sensors", "a-b", "c"}, Kind::boolean), "ha/binary_sensor/a--b/c/config");
  EXPECT_EQ(discovery_topic("ha", {"sensors", "n", "c"}, Kind::text), "ha/sensor/n/c/config");
}

/// A name as it was before discovery_id(), which shows that no two names become the same.
std::string name_of_id(const std::string& id) {
  std::string name;
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (id[i] == '-') {
      name += id[++i];
    } else {
      name += id[i] == '_' ? '.' : id[i];
    }
  }
  return name;
}

RC_GTEST_PROP(DiscoveryJsonProperty, ids_of_different_names_differ, ()) {
  const auto name = *rc::gen::resize(
      64, rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab9._-.._-")))));
  RC_PRE(name.size() <= max_name_length);
  const std::string id = discovery_id(name);
  RC_ASSERT(id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
            std::string::npos);
  RC_ASSERT(name_of_id(id) == name);
}

TEST(DiscoveryJson, says_whose_it_is_when_it_is_ours) {
  for (const Kind kind : {Kind::number, Kind::boolean, Kind::text}) {
    const Result<SensorAddress> address = decode_discovery_address(encode_discovery(attic(kind)));
    ASSERT_TRUE(address.has_value()) << address.error().message;
    EXPECT_EQ(*address, attic(kind).address);
  }
}

TEST(DiscoveryJson, is_refused_when_it_is_somebody_elses) {
  for (const char* payload :
       {"", "[]", "{}", R"({"unique_id":"sensors/kitchen/a"})", R"({"state_topic":"sensors/kitchen/reading/a"})",
        R"({"unique_id":"x","state_topic":"sensors/kitchen/reading/a"})",
        R"({"unique_id":"sensors/kitchen/a","state_topic":"sensors/kitchen/status/a"})",
        R"({"unique_id":"sensors/kitchen/a","state_topic":"zigbee2mqtt/lamp"})",
        R"({"unique_id":7,"state_topic":"sensors/kitchen/reading/a"})"})
    EXPECT_FALSE(decode_discovery_address(payload).has_value()) << payload;
}

}  // namespace
}  // namespace sensors

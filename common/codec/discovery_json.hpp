// What Home Assistant is told of a sensor (MQTT discovery): the topic and the payload of one retained message, and
// whose sensor such a message is about. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// A sensor as it is named on the broker; each is a name, see is_name(), the root any one level.
struct SensorAddress {
  std::string root;
  std::string node;
  std::string sensor;
  bool operator==(const SensorAddress&) const = default;
};

struct DiscoveryConfig {
  SensorAddress address;
  enum class Kind { number, boolean, text } kind = Kind::number;
  std::string unit;          // as Home Assistant writes it, UTF-8; empty: none
  std::string device_class;  // one of its sensor's; empty: none
  std::string state_class;   // empty: none
  std::string version;       // ours
  Millis expire_after{0};    // without a reading it is unavailable then; 0: never
  bool operator==(const DiscoveryConfig&) const = default;
};

/// Home Assistant takes [A-Za-z0-9_-] in these topics where our names have dots as well: "." becomes "_", "_" becomes
/// "-_", and "-" becomes "--". No two names become the same.
std::string discovery_id(std::string_view name);

/// "homeassistant/sensor/kitchen/bme280_temperature/config", or binary_sensor for booleans.
std::string discovery_topic(std::string_view prefix, const SensorAddress& address, DiscoveryConfig::Kind kind);

std::string encode_discovery(const DiscoveryConfig& config);

/// What encode_discovery() wrote as expire_after, at most 10 years; 0 where there is none.
Millis decode_discovery_expiry(std::string_view payload);

/// The sensor that encode_discovery() wrote `payload` for, by its unique_id. invalid for that of somebody else,
/// malformed and too_large (256 KiB) as everywhere.
Result<SensorAddress> decode_discovery_address(std::string_view payload);

}  // namespace sensors

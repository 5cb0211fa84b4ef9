// What a bridge is called where a machine has several: each but one has a name, and with it a service name on the
// broker, a unit and a configuration file of its own. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/core/reading.hpp"

namespace sensors {

/// The program, and the service name of the bridge without a name; those of the others begin with it. Readings that are
/// handed in over HTTP are published under it, whichever bridge they come by.
inline constexpr std::string_view bridge_service = "sensor-http-bridge";

/// A name of a bridge is one of the protocol's, of at most so many characters.
inline constexpr std::size_t max_bridge_name = 40;

inline bool is_bridge_name(std::string_view name) { return is_name(name) && name.size() <= max_bridge_name; }

/// "sensor-http-bridge-weather" for the bridge "weather", "sensor-http-bridge" for the one without a name.
inline std::string bridge_service_of(std::string_view name) {
  std::string service(bridge_service);
  return name.empty() ? service : service + '-' + std::string(name);
}

/// The name in a service name; empty for the bridge without one, and for what is no bridge.
inline std::string_view bridge_name_in(std::string_view service) {
  if (!service.starts_with(bridge_service) || service.size() < bridge_service.size() + 2) return {};
  const std::string_view name = service.substr(bridge_service.size() + 1);
  return service[bridge_service.size()] == '-' && is_bridge_name(name) ? name : std::string_view{};
}

inline bool is_bridge(std::string_view service) {
  return service == bridge_service || !bridge_name_in(service).empty();
}

/// What systemd and the files in /etc/sensor-project call a service: "sensor-http-bridge@weather", else its own name.
inline std::string unit_name_of(std::string_view service) {
  const std::string_view name = bridge_name_in(service);
  return name.empty() ? std::string(service) : std::string(bridge_service) + '@' + std::string(name);
}

}  // namespace sensors

// The [home_assistant] table of sensor-http-bridge.toml: off by default. Start-up, one thread.
#pragma once

#include <optional>

#include "common/runtime/config_file.hpp"
#include "services/sensor-http-bridge/home_assistant/discovery.hpp"

namespace sensors::bridge {

/// Nothing while `discovery` is "off". Mistakes go into the table.
std::optional<DiscoveryOptions> read_home_assistant_config(ConfigTable table);

}  // namespace sensors::bridge

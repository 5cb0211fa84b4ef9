// The persistence service's configuration file; sensor-persistence.toml documents every key.
#pragma once

#include <string>

#include "common/core/service_events.hpp"
#include "common/runtime/clocks.hpp"
#include "common/runtime/mqtt_config.hpp"
#include "services/sensor-persistence/logic/logic.hpp"
#include "services/sensor-persistence/store/store_writer.hpp"

namespace sensors::persistence {

struct Config {
  LogLevel log_level = LogLevel::info;
  ClockTrust clock_trust = ClockTrust::kernel;
  MqttConfig mqtt;
  StoreOptions store;
  LogicOptions logic;
};

/// Every mistake in the file, one a line.
Result<Config> load_config(const std::string& path);

}  // namespace sensors::persistence

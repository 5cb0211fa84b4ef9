// The publisher's configuration file; sensor-publisher.toml documents every key.
#pragma once

#include <string>
#include <vector>

#include "common/core/service_events.hpp"
#include "common/runtime/clocks.hpp"
#include "common/runtime/mqtt_config.hpp"
#include "services/sensor-publisher/drivers/driver_config.hpp"
#include "services/sensor-publisher/logic/logic_options.hpp"
#include "services/sensor-publisher/outbox/outbox_opening.hpp"

namespace sensors::publisher {

struct Config {
  LogLevel log_level = LogLevel::info;
  ClockTrust clock_trust = ClockTrust::kernel;
  MqttConfig mqtt;
  OutboxFileOptions outbox{.path = "/var/lib/sensor-project/publisher/outbox.db"};
  std::vector<DriverConfig> drivers;  // in the order of logic.drivers
  LogicOptions logic;
};

/// Every mistake in the file, one a line.
Result<Config> load_config(const std::string& path);

}  // namespace sensors::publisher

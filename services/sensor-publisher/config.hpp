// The publisher's configuration file; sensor-publisher.toml documents every key.
#pragma once

#include <string>
#include <vector>

#include "common/runtime/clocks.hpp"
#include "common/runtime/config_file.hpp"
#include "common/runtime/files_check.hpp"
#include "common/runtime/service_config.hpp"
#include "services/sensor-publisher/drivers/driver_config.hpp"
#include "services/sensor-publisher/logic/logic_options.hpp"
#include "services/sensor-publisher/outbox/outbox_opening.hpp"

namespace sensors::publisher {

struct Config : ServiceConfig {
  ClockTrust clock_trust = ClockTrust::kernel;
  OutboxFileOptions outbox{.path = "/var/lib/sensor-project/publisher/outbox.db"};
  std::vector<DriverConfig> drivers;  // in the order of logic.drivers
  LogicOptions logic;
};

/// The table of all keys: each with its member, which has the default, and its range. Mistakes are collected in `file`.
Config read_config(ConfigFile& file);

/// Every mistake in the file, one a line.
Result<Config> load_config(const std::string& path);

/// Adds what --check-config finds wrong with the files that it names.
void look_at_files(const Config& config, FilesCheck& files);

}  // namespace sensors::publisher

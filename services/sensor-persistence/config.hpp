// The persistence service's configuration file; sensor-persistence.toml documents every key.
#pragma once

#include <string>

#include "common/runtime/clocks.hpp"
#include "common/runtime/config_file.hpp"
#include "common/runtime/files_check.hpp"
#include "common/runtime/service_config.hpp"
#include "services/sensor-persistence/logic/logic.hpp"
#include "services/sensor-persistence/store/store_writer.hpp"

namespace sensors::persistence {

struct Config : ServiceConfig {
  ClockTrust clock_trust = ClockTrust::kernel;
  StoreOptions store;
  LogicOptions logic;
};

/// The table of all keys: each with its member, which has the default, and its range. Mistakes are collected in `file`.
Config read_config(ConfigFile& file);

/// Every mistake in the file, one a line.
Result<Config> load_config(const std::string& path);

/// Adds what --check-config finds wrong with the files that it names.
void look_at_files(const Config& config, FilesCheck& files);

}  // namespace sensors::persistence

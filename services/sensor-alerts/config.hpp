// The configuration of sensor-alerts; sensor-alerts.toml documents every key.
#pragma once

#include <string>
#include <vector>

#include "common/runtime/config_file.hpp"
#include "common/runtime/files_check.hpp"
#include "common/runtime/service_config.hpp"
#include "services/sensor-alerts/channels/channel_config.hpp"
#include "services/sensor-alerts/logic/alert_options.hpp"

namespace sensors::alerts {

struct Config : ServiceConfig {
  std::string path = "/var/lib/sensor-project/alerts/alerts.db";
  std::vector<ChannelConfig> channels;  // in the order of logic.channels
  ChannelConfig heartbeat;              // url or url_file empty: none
  AlertOptions logic;
};

/// The table of all keys: each with its member, which has the default, and its range. Mistakes are collected in `file`.
Config read_config(ConfigFile& file);

/// Every mistake in the file, one a line.
Result<Config> load_config(const std::string& path);

/// Adds what --check-config finds wrong with the files that it names.
void look_at_files(const Config& config, FilesCheck& files);

}  // namespace sensors::alerts

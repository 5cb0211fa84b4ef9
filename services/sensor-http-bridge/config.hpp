// The bridge's configuration: sensor-http-bridge.toml, which documents each key. Start-up, one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/adapters/http_server/http_server.hpp"
#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "common/runtime/config_file.hpp"
#include "common/runtime/files_check.hpp"
#include "common/runtime/service_config.hpp"
#include "services/sensor-http-bridge/delivery/delivery_options.hpp"
#include "services/sensor-http-bridge/home_assistant/discovery.hpp"
#include "services/sensor-http-bridge/sinks/destination_config.hpp"
#include "services/sensor-http-bridge/web/web_options.hpp"

namespace sensors::bridge {

struct Config : ServiceConfig {
  std::string state_directory = "/var/lib/sensor-project/http-bridge";
  DestinationConfig destination;
  DeliveryOptions logic;
  std::optional<WebOptions> web;  // nothing: no HTTP side
  HttpServerOptions server;
  std::optional<DiscoveryOptions> discovery;  // nothing: no word to Home Assistant
};

/// That the state directory is there and can be written. read_config() lets one pass that systemd makes at the first
/// start, so that a new configuration can be checked before; at that start it must be there.
Result<void> check_state_directory(const std::string& folder);

/// The table of all keys: each with its member, which has the default, and its range. Mistakes are collected in `file`.
Config read_config(ConfigFile& file);

/// All mistakes in one error, one a line with file and line. Token file and state directory are tried as well.
Result<Config> load_config(const std::string& path);

/// Adds what --check-config finds wrong with the files that it names.
void look_at_files(const Config& config, FilesCheck& files);

}  // namespace sensors::bridge

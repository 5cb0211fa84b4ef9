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
#include "services/sensor-http-bridge/delivery/logic_options.hpp"
#include "services/sensor-http-bridge/home_assistant/discovery.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/http_options.hpp"
#include "services/sensor-http-bridge/web/web_options.hpp"

namespace sensors::bridge {

struct DestinationConfig {
  HttpSinkOptions http;
  std::string url;  // without the user part, which is user and password
  std::string user;
  std::string password;
  std::string token_file;  // empty: systemd's credential api-token; without that no Authorization header
  bool gzip = true;
  std::string ca_file;  // empty: the system's authorities
  Millis connect_timeout{3'000};
};

struct Config : ServiceConfig {
  std::string state_directory = "/var/lib/sensor-project/http-bridge";
  DestinationConfig destination;
  LogicOptions logic;
  std::optional<WebOptions> web;  // nothing: no HTTP side
  HttpServerOptions server;
  std::optional<DiscoveryOptions> discovery;  // nothing: no word to Home Assistant
};

/// The table of all keys: each with its member, which has the default, and its range. Mistakes are collected in `file`.
Config read_config(ConfigFile& file);

/// All mistakes in one error, one a line with file and line. Token file and state directory are tried as well.
Result<Config> load_config(const std::string& path);

/// Adds what --check-config finds wrong with the files that it names.
void look_at_files(const Config& config, FilesCheck& files);

/// The API's bearer token; empty: none. Errors of read_secret().
Result<std::string> read_token(const DestinationConfig& destination);

}  // namespace sensors::bridge

// Where batches go: [destination] of sensor-http-bridge.toml without what delivery has of it. A sink that has keys of
// its own has its members here. Plain values.
#pragma once

#include <string>

#include "common/core/time.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/http_options.hpp"

namespace sensors::bridge {

struct DestinationConfig {
  std::string url;  // its scheme says which sink; without the user part, which is user and password

  // Of an HTTP API.
  HttpSinkOptions http;
  std::string user;
  std::string password;
  std::string token_file;  // empty: systemd's credential api-token; without that no Authorization header
  bool gzip = true;
  std::string ca_file;  // empty: the system's authorities
  Millis connect_timeout{3'000};
};

}  // namespace sensors::bridge

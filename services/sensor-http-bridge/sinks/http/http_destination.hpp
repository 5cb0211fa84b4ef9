// What [destination] says of an HTTP API. Start-up; the token is read at each request.
#pragma once

#include <string>

#include "common/core/result.hpp"
#include "common/runtime/config_file.hpp"
#include "services/sensor-http-bridge/sinks/destination_config.hpp"

namespace sensors::bridge {

/// Mistakes go into the table; the token file is tried as well. The URL has been read.
void read_http_destination(ConfigTable& table, DestinationConfig& destination);

/// The API's bearer token; empty: none. Errors of read_secret().
Result<std::string> read_token(const DestinationConfig& destination);

}  // namespace sensors::bridge

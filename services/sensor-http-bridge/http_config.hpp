// The [http] table of sensor-http-bridge.toml: the HTTP side, off while it names no address. Start-up, one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/adapters/http_server/http_server.hpp"
#include "common/runtime/config_file.hpp"
#include "common/runtime/files_check.hpp"
#include "services/sensor-http-bridge/web/web_options.hpp"

namespace sensors::bridge {

/// Nothing without `listen`. Mistakes go into the table, and so do tokens and certificates that cannot be read. Of
/// connections that the process has no descriptors for, `warnings` gets a line, and fewer are taken.
std::optional<WebOptions> read_http_config(ConfigTable table, HttpServerOptions& server,
                                           std::vector<std::string>& warnings);

/// Adds what is wrong with the files of tokens and certificate that [http] names.
void look_at_files_of_http(FilesCheck& files);

}  // namespace sensors::bridge

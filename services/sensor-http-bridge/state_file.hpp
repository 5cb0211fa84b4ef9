// The small file that holds the breaker's state between runs. Blocks on the disk: a worker writes, start-up reads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "services/sensor-http-bridge/saved_breaker.hpp"
#include "services/sensor-http-bridge/web/write_homes.hpp"

namespace sensors::bridge {

/// Replaces `path` in one step: written beside it, synced, renamed, and the directory synced. Names the file in each
/// error: permission, read_only, disk_full, io.
Result<void> replace_file(const std::string& path, const std::string& text);

/// Nothing when there is no file. ErrorCode::permission, io or corrupt otherwise.
Result<std::optional<SavedBreaker>> load_saved_breaker(const std::string& path);

/// Empty when there is no file. ErrorCode::permission, io or corrupt otherwise.
Result<std::vector<WriteHome>> load_write_homes(const std::string& path);

}  // namespace sensors::bridge

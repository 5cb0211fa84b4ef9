// The small files that hold what the bridge keeps between runs: the breaker, and where writes were handed in. Blocks on
// the disk; start-up.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "services/sensor-http-bridge/delivery/saved_breaker.hpp"
#include "services/sensor-http-bridge/web/write_homes.hpp"

namespace sensors::bridge {

/// Nothing when there is no file. ErrorCode::permission, io or corrupt otherwise.
Result<std::optional<SavedBreaker>> load_saved_breaker(const std::string& path);

/// Empty when there is no file. ErrorCode::permission, io or corrupt otherwise.
Result<std::vector<WriteHome>> load_write_homes(const std::string& path);

}  // namespace sensors::bridge

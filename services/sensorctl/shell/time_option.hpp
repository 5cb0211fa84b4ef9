// A point in time as people write it on a command line. Pure.
#pragma once

#include <string_view>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors::sensorctl {

/// "2026-01-15T16:00:00Z", with any offset or none, which is UTC; or how long ago it was, "2h", "30d".
/// ErrorCode::invalid.
Result<WallTime> parse_time_option(std::string_view text, WallTime now);

}  // namespace sensors::sensorctl

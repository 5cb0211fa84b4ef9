// Times on the wire: RFC 3339 in UTC with milliseconds, "2026-01-15T16:09:35.123Z". Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// Times outside 1970 .. 9999, which no valid reading has, are cut to that range.
void append_time(std::string& out, WallTime time);
std::string time_text(WallTime time);

/// RFC 3339 section 5.6 with any offset and up to nine decimals, which are cut to milliseconds; without an offset it
/// is taken as UTC. ErrorCode::malformed otherwise, also for a day that does not exist and outside 1970 .. 9999.
Result<WallTime> parse_time(std::string_view text);

}  // namespace sensors

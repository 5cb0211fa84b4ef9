// Retry-After: how long a peer asks to be left alone (RFC 9110 section 10.2.3). Pure.
#pragma once

#include <optional>
#include <string_view>

#include "common/core/time.hpp"

namespace sensors::bridge {

/// The wait that `value` asks for: delta-seconds, or an HTTP-date in any of its three forms (RFC 9110 section 5.6.7)
/// seen from `now`. Zero for a date that has passed; nothing when it is neither.
std::optional<Millis> parse_retry_after(std::string_view value, WallTime now);

}  // namespace sensors::bridge

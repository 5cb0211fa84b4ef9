// Retry-After: how long a peer asks to be left alone (RFC 9110 section 10.2.3). Pure.
// curl reads the header too (CURLINFO_RETRY_AFTER), but says 0 where there is none, where it is
// nonsense and where it is 0, takes "120 s" for 120 and more digits than it can hold for 0, and
// sees a date from the machine's clock, not from the time that the Logic is at.
#pragma once

#include <optional>
#include <string_view>

#include "common/core/time.hpp"

namespace sensors {

/// The wait that `value` asks for: delta-seconds, or an HTTP-date in any of its three forms (RFC 9110 section 5.6.7)
/// seen from `now`. Zero for a date that has passed; nothing when it is neither.
std::optional<Millis> parse_retry_after(std::string_view value, WallTime now);

}  // namespace sensors

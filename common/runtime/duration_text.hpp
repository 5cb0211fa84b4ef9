// Durations as people write them in configuration files: a whole number and its unit, "250ms", "10s", "5min", "2h",
// "30d". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/core/time.hpp"

namespace sensors {

/// Nothing when `text` is not a duration, or beyond what Millis can hold.
std::optional<Millis> parse_duration(std::string_view text);

/// In the largest unit that divides it: "10s", "5min".
std::string duration_text(Millis duration);

}  // namespace sensors

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

/// For people, what is wrong with `text` as a time that is to pass: "'20' has no unit: write 20s, 20min or 20h".
std::string duration_mistake(std::string_view text);

/// In the largest unit that divides it: "10s", "5min".
std::string duration_text(Millis duration);

}  // namespace sensors

// The log of what --recover did is also its memory: the budget is counted from it. One line for each action, newest
// last:
//   2026-01-15T16:09:35.123Z restart sensor-publisher.service: is stopped
// Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/time.hpp"
#include "services/sensorctl/doctor/finding.hpp"

namespace sensors::doctor {

struct PastAction {
  WallTime at;
  Remedy remedy;
  bool operator==(const PastAction&) const = default;
};

/// With its line end. `reason` is made to fit on the line.
std::string log_line(WallTime at, const Remedy& remedy, std::string_view reason);

/// Lines that are no actions, as a power cut may leave one, are passed over.
std::vector<PastAction> parse_log(std::string_view text);

/// The newest lines of `text`, at most `most_bytes` of them.
std::string_view newest_lines(std::string_view text, std::size_t most_bytes);

}  // namespace sensors::doctor

#include "common/core/log_throttle.hpp"

#include <utility>

namespace sensors {

std::optional<LogLine> LogThrottle::add(LogLevel level, std::string_view kind, const std::string& text, Instant now) {
  auto found = kinds_.find(kind);
  if (found == kinds_.end()) found = kinds_.emplace(kind, RateLimit(burst_, pause_)).first;
  if (!found->second.admit(now)) return std::nullopt;
  std::string line = std::string(kind) + ": " + text;
  if (const std::uint64_t left_out = found->second.take_refused(); left_out > 0) {
    line += " (" + std::to_string(left_out) + " like it left out)";
  }
  return LogLine{level, std::move(line)};
}

}  // namespace sensors

#include "services/sensor-persistence/complaints.hpp"

#include <fmt/format.h>

namespace sensors::persistence {

std::optional<LogLine> Complaints::add(std::string_view kind, const std::string& text, Instant now) {
  auto found = kinds_.find(kind);
  if (found == kinds_.end()) {
    found = kinds_.emplace(kind, Kind{now, 0}).first;
  }
  Kind& known = found->second;
  if (now < known.quiet_until) {
    ++known.left_out;
    return std::nullopt;
  }
  known.quiet_until = now + pause;
  std::string line = fmt::format("{}: {}", kind, text);
  if (known.left_out > 0) line += fmt::format(" ({} like it left out)", std::exchange(known.left_out, 0));
  return LogLine{LogLevel::warning, std::move(line)};
}

}  // namespace sensors::persistence

#include "services/sensorctl/time_option.hpp"

#include <fmt/format.h>

#include "common/codec/time_text.hpp"
#include "common/runtime/duration_text.hpp"

namespace sensors::sensorctl {

Result<WallTime> parse_time_option(std::string_view text, WallTime now) {
  if (Result<WallTime> time = parse_time(text); time.has_value()) return time;
  const std::optional<Millis> ago = parse_duration(text);
  if (ago.has_value() && *ago >= Millis{0} && *ago <= now.time_since_epoch()) return now - *ago;
  return fail(ErrorCode::invalid,
              fmt::format("'{}' is no time: 2026-01-15T16:00:00Z, or 90min, 2h, 30d for so long ago", text));
}

}  // namespace sensors::sensorctl

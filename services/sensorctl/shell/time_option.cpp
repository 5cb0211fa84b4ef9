#include "services/sensorctl/shell/time_option.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/codec/time_text.hpp"
#include "common/runtime/duration_text.hpp"
#include "common/runtime/local_time.hpp"

namespace sensors::sensorctl {

Result<WallTime> parse_time_option(std::string_view text, WallTime now) {
  if (Result<WallTime> time = parse_time(text); time.has_value()) return time;
  const Result<WallTime> midnight = parse_time(std::string(text) + "T00:00:00Z");
  if (const auto moments = midnight.has_value() ? moments_of_local(*midnight) : std::vector<WallTime>{};
      !moments.empty())
    return moments.front();
  const std::optional<Millis> ago = parse_duration(text);
  if (ago.has_value() && *ago >= Millis{0} && *ago <= now.time_since_epoch()) return now - *ago;
  const bool is_number = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_number && text.size() < 4) return fail(ErrorCode::invalid, duration_mistake(text) + " for so long ago");
  return fail(
      ErrorCode::invalid,
      fmt::format("'{}' is no time: 2026-01-15T16:00:00Z, a day such as 2026-01-15, or 90min, 2h, 30d for so long ago",
                  text));
}

}  // namespace sensors::sensorctl

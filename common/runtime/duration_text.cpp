#include "common/runtime/duration_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include <fmt/core.h>

#include "common/core/secret_name.hpp"

namespace sensors {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 5> units{{{"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1'000}, {"ms", 1}}};

}  // namespace

std::optional<Millis> parse_duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 12) return std::nullopt;
  const std::int64_t count = std::stoll(std::string(text.substr(0, digits)));
  for (const Unit& unit : units) {
    if (unit.name != text.substr(digits)) continue;
    if (count > std::numeric_limits<std::int64_t>::max() / unit.milliseconds) return std::nullopt;
    return Millis{count * unit.milliseconds};
  }
  return std::nullopt;
}

std::string duration_mistake(std::string_view text) {
  const std::string shown = "'" + quotable(text) + "'";
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string number(text.substr(0, digits));
  if (digits == 0 || digits > 12) return shown + " is no time such as 20s or 2min";
  if (digits == text.size())
    return fmt::format("{} has no unit: write {}s, {}min or {}h", shown, number, number, number);
  if (!parse_duration(text).has_value())
    return fmt::format("{} has a unit that is none of ms, s, min, h and d: write {}s, {}min or {}h", shown, number,
                       number, number);
  return shown + " is no time that passes: write 20s or 2min";
}

std::string duration_text(Millis duration) {
  for (const Unit& unit : units) {
    if (duration.count() != 0 && duration.count() % unit.milliseconds == 0) {
      return fmt::format("{}{}", duration.count() / unit.milliseconds, unit.name);
    }
  }
  return fmt::format("{}ms", duration.count());
}

}  // namespace sensors

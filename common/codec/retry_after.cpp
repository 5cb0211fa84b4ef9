#include "common/codec/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <string>

namespace sensors {

namespace {

constexpr std::int64_t longest_seconds = 366LL * 24 * 3'600;  // more is as good as for ever, and must not overflow

// IMF-fixdate, then the two that are obsolete and must still be understood: RFC 850 and asctime().
constexpr std::array<const char*, 3> date_forms{"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                                "%a %b %d %H:%M:%S %Y"};

std::optional<WallTime> parse_http_date(const std::string& text) {
  for (const char* form : date_forms) {
    std::tm parts{};
    std::istringstream in(text);
    in.imbue(std::locale::classic());
    in >> std::get_time(&parts, form);
    if (in.fail()) continue;
    const std::chrono::year_month_day day{std::chrono::year{parts.tm_year + 1900},
                                          std::chrono::month{static_cast<unsigned>(parts.tm_mon + 1)},
                                          std::chrono::day{static_cast<unsigned>(parts.tm_mday)}};
    if (!day.ok()) return std::nullopt;
    return std::chrono::sys_days{day} + std::chrono::hours{parts.tm_hour} + std::chrono::minutes{parts.tm_min} +
           std::chrono::seconds{parts.tm_sec};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Millis> parse_retry_after(std::string_view value, WallTime now) {
  if (value.empty() || value.size() > 64) return std::nullopt;
  const bool is_number = std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (is_number) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc{}) seconds = longest_seconds;
    return std::chrono::seconds{std::min(seconds, longest_seconds)};
  }
  const std::optional<WallTime> at = parse_http_date(std::string(value));
  if (!at.has_value()) return std::nullopt;
  return std::clamp<Millis>(*at - now, Millis{0}, std::chrono::seconds{longest_seconds});
}

}  // namespace sensors

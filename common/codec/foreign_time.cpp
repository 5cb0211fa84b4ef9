// The text is brought into the one form of RFC 3339, which parse_time() then takes or refuses.
#include "common/codec/foreign_time.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "common/codec/time_text.hpp"

namespace sensors {

namespace {

constexpr const char* wanted = "not a time such as 2026-01-15T16:09:35+01:00, or a number of seconds since 1970";

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string two_digits(std::string_view text) { return (text.size() == 1 ? "0" : "") + std::string(text); }

/// "2026-01-15" of itself, of "20260115" and of "15.1.2026"; other texts as they are.
std::string plain_date(std::string_view date) {
  if (date.size() == 8 && is_digits(date))
    return std::string(date.substr(0, 4)) + '-' + std::string(date.substr(4, 2)) + '-' + std::string(date.substr(6));
  const std::size_t first = date.find('.');
  const std::size_t last = date.rfind('.');
  if (first == std::string_view::npos || first == last) return std::string(date);
  return std::string(date.substr(last + 1)) + '-' + two_digits(date.substr(first + 1, last - first - 1)) + '-' +
         two_digits(date.substr(0, first));
}

/// "16:09:35.5" of itself, of "160935,5", "16:09" and "1609".
std::string plain_clock(std::string_view clock) {
  std::string text(clock);
  std::replace(text.begin(), text.end(), ',', '.');
  if (text.find(':') == std::string::npos) {
    if (text.size() > 4) text.insert(4, ":");
    if (text.size() > 2) text.insert(2, ":");
  }
  return text.size() == 5 ? text + ":00" : text;
}

/// "Z" or "+01:00" of itself, of "UTC", "+0100" and "+01"; other texts as they are.
std::string plain_offset(std::string_view offset) {
  if (offset == "UTC" || offset == "GMT") return "Z";
  if (offset.size() == 3) return std::string(offset) + ":00";
  if (offset.size() == 5 && is_digits(offset.substr(1)))
    return std::string(offset.substr(0, 3)) + ':' + std::string(offset.substr(3));
  return std::string(offset);
}

struct Parts {
  std::string shown;   // RFC 3339 without offset
  std::string offset;  // empty: none
};

Parts parts_of(std::string_view text) {
  const std::size_t date_end = std::min(text.find_first_of("Tt "), text.size());
  const std::string date = plain_date(text.substr(0, date_end));
  if (date_end == text.size()) return {date + "T00:00:00", ""};
  const std::string_view rest = trimmed(text.substr(date_end + 1));
  const std::size_t clock_end = std::min(rest.find_first_of("+-ZzUG"), rest.size());
  return {date + 'T' + plain_clock(trimmed(rest.substr(0, clock_end))), plain_offset(rest.substr(clock_end))};
}

Result<WallTime> local_time(WallTime shown, const TimeRule& rule, WallTime near, TimeRule::Choice choice) {
  const std::vector<WallTime> moments = rule.moments_of_local ? rule.moments_of_local(shown) : std::vector<WallTime>{};
  if (moments.empty()) {
    return fail(ErrorCode::invalid,
                "a time without an offset that this machine's zone does not have, as when clocks "
                "are put forward");
  }
  if (choice == TimeRule::Choice::not_before) {
    const auto first = std::find_if(moments.begin(), moments.end(), [&](WallTime time) { return time >= near; });
    return first == moments.end() ? moments.back() : *first;
  }
  const auto distance = [&](WallTime time) { return time < near ? near - time : time - near; };
  return *std::min_element(moments.begin(), moments.end(),
                           [&](WallTime a, WallTime b) { return distance(a) < distance(b); });
}

}  // namespace

Result<WallTime> parse_foreign_time(std::string_view text, const TimeRule& rule, WallTime near,
                                    TimeRule::Choice choice) {
  text = trimmed(text);
  const bool is_date = text.size() == 8 && is_digits(text);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && !is_date) return time_of_epoch(number);

  const Parts parts = parts_of(text);
  const Result<WallTime> shown = parse_time(parts.shown + (parts.offset.empty() ? "Z" : parts.offset));
  if (!shown.has_value()) return fail(ErrorCode::malformed, wanted);
  if (!parts.offset.empty() || rule.without_offset == TimeRule::WithoutOffset::utc) return *shown;
  if (rule.without_offset == TimeRule::WithoutOffset::local) return local_time(*shown, rule, near, choice);
  return fail(
      ErrorCode::malformed,
      "a time without an offset; give one (+01:00 or Z), or say what it means with the key 'times', of the driver or "
      "of [http]");
}

Result<WallTime> time_of_epoch(double number) {
  constexpr double earliest_s = 1e9;
  if (number >= earliest_s && number < 1e11) number *= 1e3;
  if (number >= 1e14) number /= number < 1e17 ? 1e3 : 1e6;
  constexpr double latest_ms = 253'402'300'799'999;  // the end of 9999
  if (!(number >= earliest_s * 1e3 && number <= latest_ms)) return fail(ErrorCode::malformed, wanted);
  return WallTime{Millis{std::llround(number)}};
}

}  // namespace sensors

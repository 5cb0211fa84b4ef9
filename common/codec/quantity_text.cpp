// A browser rounds halves away from zero: a number by its shortest digits (Intl.NumberFormat), bytes by the exact ones
// (toFixed). So do we.
#include "common/codec/quantity_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "common/core/printable.hpp"

namespace sensors {

namespace {

constexpr int digits_that_count = 5;
constexpr double most_digits = 1e15;  // beyond it nobody counts digits
constexpr double least_digits = 1e-6;
constexpr std::size_t most_text_bytes = 40;

/// d.ddd times ten to the power of `exponent`; no digits: zero.
struct Decimal {
  std::string digits;
  int exponent = 0;
};

/// Of "1.5e-07".
Decimal digits_of(std::string_view scientific) {
  const std::size_t mark = scientific.find('e');
  Decimal decimal{std::string(scientific.substr(0, 1))};
  if (mark > 1) decimal.digits += scientific.substr(2, mark - 2);
  std::string_view exponent = scientific.substr(mark + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), decimal.exponent);
  return decimal;
}

/// The fewest digits that no other number has.
Decimal shortest_digits(double size) {
  std::array<char, 64> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), size, std::chars_format::scientific);
  return digits_of({text.data(), static_cast<std::size_t>(end - text.data())});
}

Decimal exact_digits(double size) { return digits_of(fmt::format("{:.40e}", size)); }

/// With so many of its digits, 1 to 40.
Decimal rounded(Decimal decimal, int places) {
  const auto kept = static_cast<std::size_t>(places);
  const bool is_up = decimal.digits.size() > kept && decimal.digits[kept] >= '5';
  decimal.digits.resize(kept, '0');
  if (!is_up) return decimal;
  decimal.digits.erase(decimal.digits.find_last_not_of('9') + 1);
  if (decimal.digits.empty()) return {"1", decimal.exponent + 1};
  ++decimal.digits.back();
  return decimal;
}

std::string with_separators(std::string whole) {
  for (std::size_t at = whole.size(); at > 3; at -= 3) whole.insert(at - 3, ",");
  return whole;
}

/// Its digits around the point, at least `decimals` behind it.
std::string positional(const Decimal& decimal, std::size_t decimals) {
  std::string digits = decimal.digits;
  int point = decimal.exponent + 1;  // where it stands in `digits`
  if (point < 1) digits.insert(0, static_cast<std::size_t>(1 - std::exchange(point, 1)), '0');
  const auto whole = static_cast<std::size_t>(point);
  if (digits.size() < whole) digits.resize(whole, '0');
  std::string fraction = digits.substr(whole);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (fraction.size() < decimals) fraction.resize(decimals, '0');
  return with_separators(digits.substr(0, whole)) + (fraction.empty() ? "" : "." + fraction);
}

std::string power(Decimal decimal) {
  decimal.digits.erase(decimal.digits.find_last_not_of('0') + 1);
  return decimal.digits.substr(0, 1) + (decimal.digits.size() > 1 ? "." + decimal.digits.substr(1) : "") + 'E' +
         std::to_string(decimal.exponent);
}

std::string scaled_bytes(double bytes) {
  constexpr std::array<const char*, 5> names{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (std::abs(bytes) >= 1'023.95 && unit + 1 < names.size()) {
    bytes /= 1'024;
    ++unit;
  }
  const double size = std::abs(bytes);
  const char* name = names.at(unit);
  if (unit == 0 || size >= most_digits) return number_text(bytes) + " " + name;
  const Decimal decimal = exact_digits(size);
  const int places = decimal.exponent + 2;  // all before the point, and one behind it
  std::string digits = positional(rounded(decimal, places), 1);
  std::erase(digits, ',');  // 1004.7: the next unit is near
  return fmt::format("{}{} {}", bytes < 0 ? "-" : "", digits, name);
}

}  // namespace

std::string number_text(double value) {
  if (!std::isfinite(value)) return fmt::format("{}", value);
  const double size = std::abs(value);
  const Decimal decimal = rounded(shortest_digits(size), digits_that_count);
  const bool is_power = size >= most_digits || (size > 0 && size < least_digits);
  return (std::signbit(value) ? "-" : "") + (is_power ? power(decimal) : positional(decimal, 0));
}

std::string count_text(std::uint64_t count) { return with_separators(std::to_string(count)); }

std::string unit_text(std::string_view unit) {
  constexpr std::array<std::pair<std::string_view, const char*>, 9> known{{{"Cel", "°C"},
                                                                           {"[degF]", "°F"},
                                                                           {"K", "K"},
                                                                           {"[ppm]", "ppm"},
                                                                           {"[ppb]", "ppb"},
                                                                           {"m/s", "m/s"},
                                                                           {"mm[Hg]", "mmHg"},
                                                                           {"deg", "°"},
                                                                           {"{load}", ""}}};
  const auto* found = std::find_if(known.begin(), known.end(), [&](const auto& pair) { return pair.first == unit; });
  return found == known.end() ? std::string(unit) : found->second;
}

std::string quantity_text(const Reading& reading) {
  const std::string unit = unit_text(reading.unit);
  const std::string behind = unit.empty() ? "" : " " + unit;
  if (const bool* boolean = std::get_if<bool>(&reading.value)) return (*boolean ? "true" : "false") + behind;
  if (const auto* text = std::get_if<std::string>(&reading.value))
    return printable_line(*text, most_text_bytes) + behind;
  const double value = std::get<double>(reading.value);
  if (reading.unit == "By" && std::isfinite(value)) return scaled_bytes(value);
  const bool is_span = reading.unit == "s" && std::abs(value) >= 120 && std::abs(value) < most_digits;
  return is_span ? span_text(Millis{static_cast<Millis::rep>(value * 1'000)}) : number_text(value) + behind;
}

std::string size_text(std::uint64_t bytes) { return scaled_bytes(static_cast<double>(bytes)); }

std::string span_text(Millis span) {
  const auto s = std::max<Millis::rep>(span.count(), 0) / 1'000;
  const auto pair = [](auto large, const char* large_unit, auto small, const char* small_unit) {
    return small == 0 ? fmt::format("{} {}", large, large_unit)
                      : fmt::format("{} {} {} {}", large, large_unit, small, small_unit);
  };
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3'600) return pair(s / 60, "min", s % 60, "s");
  if (s < 86'400) return pair(s / 3'600, "h", s % 3'600 / 60, "min");
  return pair(s / 86'400, "d", s % 86'400 / 3'600, "h");
}

std::string age_text(Millis age) {
  const auto s = std::chrono::floor<std::chrono::seconds>(age).count();
  if (s <= -86'400) return fmt::format("dated {} d ahead", -s / 86'400);
  if (s < 2) return "now";
  if (s < 60) return fmt::format("{} s ago", s);
  if (s < 3'600) return fmt::format("{} min ago", s / 60);
  if (s < 86'400) return fmt::format("{} h ago", s / 3'600);
  return fmt::format("{} d ago", s / 86'400);
}

}  // namespace sensors

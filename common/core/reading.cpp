#include "common/core/reading.hpp"

#include <algorithm>
#include <cmath>

namespace sensors {

namespace {

constexpr bool is_name_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

constexpr bool is_unit_character(char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; }

constexpr WallTime year_10000 = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1};

Result<void> validate_value(const Reading& reading) {
  if (const double* number = std::get_if<double>(&reading.value); number != nullptr && !std::isfinite(*number)) {
    return fail(ErrorCode::invalid, "sensor " + reading.sensor + ": value is not a finite number");
  }
  if (const std::string* text = std::get_if<std::string>(&reading.value); text != nullptr) {
    if (text->size() > max_text_value_length) {
      return fail(ErrorCode::invalid, "sensor " + reading.sensor + ": text value is longer than 256 bytes");
    }
    if (!is_utf8(*text)) {
      return fail(ErrorCode::invalid, "sensor " + reading.sensor + ": text value is not UTF-8");
    }
  }
  return {};
}

/// Length of the well-formed sequence at the start of `text`, 0 if there is none. Unicode 15, table 3-7.
std::size_t utf8_sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= max_name_length && std::all_of(text.begin(), text.end(), is_name_character);
}

bool is_unit(std::string_view text) {
  return text.size() <= max_unit_length && std::all_of(text.begin(), text.end(), is_unit_character);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

Result<void> validate(const Reading& reading) {
  if (!is_name(reading.sensor)) {
    return fail(ErrorCode::invalid, "sensor name must be 1 to 64 of A-Z a-z 0-9 _ . -");
  }
  if (!is_unit(reading.unit)) {
    return fail(ErrorCode::invalid,
                "sensor " + reading.sensor + ": unit must be a UCUM code, at most 32 printable characters");
  }
  if (reading.time < WallTime{} || reading.time >= year_10000) {
    return fail(ErrorCode::invalid, "sensor " + reading.sensor + ": time is outside the years 1970 to 9999");
  }
  if (reading.uptime.has_value() && (*reading.uptime < Millis{0} || *reading.uptime > max_uptime)) {
    return fail(ErrorCode::invalid, "sensor " + reading.sensor + ": uptime is outside 0 to 100 years");
  }
  return validate_value(reading);
}

WallTime time_at_uptime(WallTime boot_time, Millis uptime) {
  constexpr WallTime latest = year_10000 - Millis{1};
  if (uptime > latest - std::min(boot_time, latest)) return latest;
  return std::max(boot_time + uptime, WallTime{});
}

}  // namespace sensors

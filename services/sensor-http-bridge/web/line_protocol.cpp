// line = measurement *("," tag "=" tagvalue) " " field "=" value *("," field "=" value) [" " timestamp]
// A backslash makes the ',', '=' or ' ' behind it part of a name; in a text value it does so for '"' and itself.
#include "services/sensor-http-bridge/web/line_protocol.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "common/core/text_digest.hpp"

namespace sensors::bridge {

namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

/// Takes one line apart, from its front.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_spaces() {
    while (take(' ')) {
    }
  }

  /// Up to one of `ends` that is not escaped.
  std::string name(std::string_view ends) {
    std::string out;
    while (!rest_.empty() && ends.find(rest_.front()) == std::string_view::npos) {
      const bool is_escape =
          rest_.size() > 1 && rest_[0] == '\\' && std::string_view(",= ").find(rest_[1]) != std::string_view::npos;
      if (is_escape) rest_.remove_prefix(1);
      out += rest_.front();
      rest_.remove_prefix(1);
    }
    return out;
  }

  /// Behind the opening quote; nothing when the line ends before the closing one.
  std::optional<std::string> quoted() {
    std::string out;
    while (!rest_.empty() && rest_.front() != '"') {
      const bool is_escape = rest_.size() > 1 && rest_[0] == '\\' && (rest_[1] == '"' || rest_[1] == '\\');
      if (is_escape) rest_.remove_prefix(1);
      out += rest_.front();
      rest_.remove_prefix(1);
    }
    return take('"') ? std::optional(std::move(out)) : std::nullopt;
  }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

void append_to_name(std::string& name, std::string_view part) {
  if (!name.empty()) name += '.';
  for (const char c : part) name += is_name_character(c) ? c : '_';
}

/// Of a name that is too long both ends stay, measurement and field, and between them is a digest of it all.
std::string fitting_name(std::string name) {
  constexpr std::size_t digest_length = 12;
  constexpr std::size_t end_length = (max_name_length - digest_length - 2) / 2;
  if (name.size() <= max_name_length) return name;
  return name.substr(0, end_length) + "_" + text_digest({name}).substr(0, digest_length) + "_" +
         name.substr(name.size() - end_length);
}

template <class Number>
bool is_whole_text(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

/// A value that is no text: 1.5, 3i, 7u, t, false.
std::optional<Value> bare_value(std::string_view text) {
  static constexpr std::array<std::string_view, 5> trues{"t", "T", "true", "True", "TRUE"};
  static constexpr std::array<std::string_view, 5> falses{"f", "F", "false", "False", "FALSE"};
  if (std::find(trues.begin(), trues.end(), text) != trues.end()) return Value{true};
  if (std::find(falses.begin(), falses.end(), text) != falses.end()) return Value{false};
  if (text.ends_with('i')) {
    std::int64_t whole = 0;
    if (is_whole_text(text.substr(0, text.size() - 1), whole)) return Value{static_cast<double>(whole)};
    return std::nullopt;
  }
  if (text.ends_with('u')) {
    std::uint64_t whole = 0;
    if (is_whole_text(text.substr(0, text.size() - 1), whole)) return Value{static_cast<double>(whole)};
    return std::nullopt;
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  if (!is_whole_text(text, number)) return std::nullopt;
  return Value{number};
}

Result<Value> value_of(Line& line) {
  if (line.take('"')) {
    std::optional<std::string> text = line.quoted();
    if (!text.has_value()) return fail(ErrorCode::malformed, "a text value has no closing quote");
    return Value{std::move(*text)};
  }
  const std::string text = line.name(", ");
  std::optional<Value> value = bare_value(text);
  if (!value.has_value()) return fail(ErrorCode::malformed, "a value is no number, text, true or false");
  return std::move(*value);
}

Result<WallTime> time_of(Line& line, WallTime now, std::int64_t precision_ns) {
  line.skip_spaces();
  std::string_view text = line.rest();
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.empty()) return now;
  std::int64_t count = 0;
  if (!is_whole_text(text, count)) return fail(ErrorCode::malformed, "the timestamp is no whole number");
  const std::int64_t per_ms = std::max<std::int64_t>(ns_per_ms / precision_ns, 1);
  const std::int64_t ms_each = std::max<std::int64_t>(precision_ns / ns_per_ms, 1);
  constexpr std::int64_t latest_ms = 253'402'300'799'999;  // the end of 9999
  if (count < 0 || count / per_ms > latest_ms / ms_each)
    return fail(ErrorCode::invalid, "the timestamp is outside the years 1970 to 9999; see the parameter precision");
  return WallTime{Millis{count / per_ms * ms_each}};
}

/// The sensor's name but for the field's.
Result<std::string> series_of(Line& line) {
  std::string series;
  append_to_name(series, line.name(", "));
  if (series.empty()) return fail(ErrorCode::malformed, "the measurement has no name");
  while (line.take(',')) {
    const std::string tag = line.name(",= ");
    if (tag.empty() || !line.take('=')) return fail(ErrorCode::malformed, "a tag is not KEY=VALUE");
    append_to_name(series, line.name(", "));
  }
  return series;
}

Result<std::vector<Reading>> readings_of(Line line, WallTime now, std::int64_t precision_ns, std::size_t max_readings) {
  const Result<std::string> series = series_of(line);
  if (!series.has_value()) return tl::unexpected<Error>(series.error());
  line.skip_spaces();
  std::vector<Reading> readings;
  do {
    const std::string field = line.name(",= ");
    if (field.empty() || !line.take('=')) return fail(ErrorCode::malformed, "a field is not KEY=VALUE");
    Result<Value> value = value_of(line);
    if (!value.has_value()) return tl::unexpected<Error>(value.error());
    Reading reading;
    std::string sensor = *series;
    if (field != "value") append_to_name(sensor, field);
    reading.sensor = fitting_name(std::move(sensor));
    reading.value = std::move(*value);
    readings.push_back(std::move(reading));
  } while (line.take(',') && readings.size() <= max_readings);
  if (!line.at_end() && !line.next_is(' ')) return fail(ErrorCode::malformed, "there is something behind a value");
  const Result<WallTime> time = time_of(line, now, precision_ns);
  if (!time.has_value()) return tl::unexpected<Error>(time.error());
  for (Reading& reading : readings) {
    reading.time = *time;
    if (const Result<void> valid = validate(reading); !valid.has_value())
      return fail(valid.error().code, fmt::format("{} (from measurement, tags and field)", valid.error().message));
  }
  return readings;
}

}  // namespace

std::optional<std::int64_t> precision_from(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 9> units{{{"ns", 1},
                                                                                   {"n", 1},
                                                                                   {"us", 1'000},
                                                                                   {"u", 1'000},
                                                                                   {"ms", 1'000'000},
                                                                                   {"s", 1'000'000'000},
                                                                                   {"m", 60'000'000'000},
                                                                                   {"h", 3'600'000'000'000},
                                                                                   {"", 1}}};
  const auto* known = std::find_if(units.begin(), units.end(), [&](const auto& unit) { return unit.first == name; });
  return known == units.end() ? std::nullopt : std::optional(known->second);
}

Result<PostedReadings> decode_line_protocol(std::string_view body, WallTime now, std::int64_t precision_ns,
                                            std::size_t max_readings) {
  PostedReadings posted;
  std::size_t row = 0;
  for (; !body.empty(); ++row) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    std::string_view text = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (text.ends_with('\r')) text.remove_suffix(1);
    while (text.starts_with(' ')) text.remove_prefix(1);
    if (text.empty() || text.starts_with('#')) continue;
    Result<std::vector<Reading>> readings = readings_of(Line(text), now, precision_ns, max_readings);
    if (!readings.has_value()) {
      posted.bad_rows.push_back({row, readings.error().message});
    } else {
      std::move(readings->begin(), readings->end(), std::back_inserter(posted.readings));
    }
    if (posted.readings.size() + posted.bad_rows.size() > max_readings)
      return fail(ErrorCode::too_large, fmt::format("at most {} readings are taken at once", max_readings));
  }
  if (posted.readings.empty() && posted.bad_rows.empty()) return fail(ErrorCode::malformed, "the body has no readings");
  return posted;
}

}  // namespace sensors::bridge

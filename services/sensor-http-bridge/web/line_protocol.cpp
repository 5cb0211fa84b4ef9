// line = measurement *("," tag "=" tagvalue) " " field "=" value *("," field "=" value) [" " timestamp]
// A backslash makes the ',', '=' or ' ' behind it part of a name; in a text value it does so for '"' and itself. A line
// end in a text value is part of the text.
#include "services/sensor-http-bridge/web/line_protocol.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "common/core/printable.hpp"
#include "services/sensor-http-bridge/web/series_name.hpp"

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

Result<Series> series_of(Line& line) {
  Series series;
  series.measurement = line.name(", ");
  if (series.measurement.empty()) return fail(ErrorCode::malformed, "the measurement has no name");
  while (line.take(',')) {
    std::string key = line.name(",= ");
    if (key.empty() || !line.take('=')) return fail(ErrorCode::malformed, "a tag is not KEY=VALUE");
    std::string value = line.name(", ");
    if (value.empty())
      return fail(ErrorCode::malformed, fmt::format("the tag {} has no value", printable_line(key, 64)));
    if (!series.tags.emplace(key, std::move(value)).second)
      return fail(ErrorCode::malformed, fmt::format("the tag {} comes twice", printable_line(key, 64)));
  }
  return series;
}

/// What is right of a line, and what is wrong with its other fields.
struct Point {
  std::vector<Reading> readings;
  std::vector<std::string> problems;
};

tl::unexpected<Error> too_many(std::size_t max_readings) {
  return fail(ErrorCode::too_large, fmt::format("at most {} readings are taken at once", max_readings));
}

/// too_large: the line alone has more fields than are taken at once.
Result<Point> point_of(Line line, WallTime now, std::int64_t precision_ns, std::size_t max_readings) {
  TRY_ASSIGN(const Series series, series_of(line));
  line.skip_spaces();
  std::vector<std::pair<std::string, Value>> fields;
  do {
    std::string field = line.name(",= ");
    if (field.empty() || !line.take('=')) return fail(ErrorCode::malformed, "a field is not KEY=VALUE");
    TRY_ASSIGN(Value value, value_of(line));
    fields.emplace_back(std::move(field), std::move(value));
    if (fields.size() > max_readings) return too_many(max_readings);
  } while (line.take(','));
  if (!line.at_end() && !line.next_is(' ')) return fail(ErrorCode::malformed, "there is something behind a value");
  TRY_ASSIGN(const WallTime time, time_of(line, now, precision_ns));
  Point point;
  for (auto& [field, value] : fields) {
    Reading reading{sensor_of(series, field), std::move(value), "", time};
    if (const Result<void> valid = validate(reading); !valid.has_value()) {
      point.problems.push_back(fmt::format("field {}: {}", printable_line(field, 64), valid.error().message));
    } else {
      point.readings.push_back(std::move(reading));
    }
  }
  return point;
}

/// Where the line ends that `text` begins with: at a line end that is in no text in quotes and behind no backslash.
/// Nothing when a text has no closing quote, or none in the next max_text_bytes.
std::optional<std::size_t> end_of_line(std::string_view text) {
  constexpr std::size_t max_text_bytes = 64 * 1024;  // InfluxDB takes no longer ones
  bool is_in_fields = false;
  bool is_in_text = false;
  std::size_t opened_at = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++i;
    } else if (is_in_text) {
      is_in_text = c != '"';
      if (is_in_text && i - opened_at > max_text_bytes) return std::nullopt;
    } else if (c == '\n') {
      return i;
    } else if (c == ' ') {
      is_in_fields = true;
    } else if (c == '"' && is_in_fields && text[i - 1] == '=') {
      is_in_text = true;
      opened_at = i;
    }
  }
  return is_in_text ? std::nullopt : std::optional(text.size());
}

/// Without the carriage return behind it; empty: a comment, or nothing.
std::string_view bare_line(std::string_view text) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text.starts_with('#') ? std::string_view{} : text;
}

void add_point(PostedReadings& posted, std::size_t row, Result<Point> point) {
  if (!point.has_value()) {
    posted.bad_rows.push_back({row, point.error().message});
    return;
  }
  for (std::string& problem : point->problems) posted.bad_rows.push_back({row, std::move(problem)});
  std::move(point->readings.begin(), point->readings.end(), std::back_inserter(posted.readings));
}

}  // namespace

std::optional<std::int64_t> precision_from(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 13> units{{{"ns", 1},
                                                                                    {"n", 1},
                                                                                    {"us", 1'000},
                                                                                    {"u", 1'000},
                                                                                    {"\xc2\xb5", 1'000},
                                                                                    {"\xc2\xb5"
                                                                                     "s",
                                                                                     1'000},
                                                                                    {"\xce\xbc", 1'000},
                                                                                    {"\xce\xbc"
                                                                                     "s",
                                                                                     1'000},
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
  for (std::size_t row = 0; !body.empty();) {
    while (body.starts_with(' ')) body.remove_prefix(1);
    const std::size_t first_end = std::min(body.find('\n'), body.size());
    std::size_t end = body.starts_with('#') ? first_end : end_of_line(body).value_or(first_end);
    if (const std::string_view text = bare_line(body.substr(0, end)); !text.empty()) {
      Result<Point> point = point_of(Line(text), now, precision_ns, max_readings);
      const auto is_too_large = [&] { return !point.has_value() && point.error().code == ErrorCode::too_large; };
      if (!point.has_value() && !is_too_large() &&
          end > first_end) {  // a quote that nobody meant as one takes no other lines with it
        end = first_end;
        point = point_of(Line(bare_line(body.substr(0, end))), now, precision_ns, max_readings);
      }
      if (is_too_large()) return tl::unexpected<Error>(point.error());
      add_point(posted, row, std::move(point));
    }
    if (posted.readings.size() + posted.bad_rows.size() > max_readings) return too_many(max_readings);
    const std::string_view taken = body.substr(0, std::min(end + 1, body.size()));
    row += static_cast<std::size_t>(std::count(taken.begin(), taken.end(), '\n'));
    body.remove_prefix(taken.size());
  }
  return posted;
}

}  // namespace sensors::bridge

// What escapes what: in a tag's value a backslash the ',', '=' and ' '; in a text the '"' and itself. A line ends at a
// newline for some readers whatever is quoted, so that a text with one could write lines of its own: it is shown as the
// control picture of Unicode, U+240A, and the carriage return as U+240D.
#include "services/sensor-http-bridge/sinks/http/logic/upload_lines.hpp"

#include <array>
#include <charconv>

#include "common/codec/json_text.hpp"
#include "common/core/fnv1a.hpp"

namespace sensors {

namespace {

constexpr std::uint64_t ns_per_ms = 1'000'000;
constexpr std::size_t line_bytes = 112;  // of a usual row, and more

void append_tag(std::string& out, std::string_view lead, std::string_view value) {
  out += lead;
  for (const char c : value) {
    if (c == ',' || c == '=' || c == ' ') out += '\\';
    out += c;
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '\n': out += "\xe2\x90\x8a"; break;
      case '\r': out += "\xe2\x90\x8d"; break;
      case '"':
      case '\\': out += '\\'; [[fallthrough]];
      default: out += c;
    }
  }
  out += '"';
}

void append_field(std::string& out, const Value& value) {
  if (const double* number = std::get_if<double>(&value); number != nullptr) {
    out += " value=";
    append_number(out, *number);
  } else if (const bool* boolean = std::get_if<bool>(&value); boolean != nullptr) {
    out += *boolean ? " boolean=true" : " boolean=false";
  } else {
    out += " text=";
    append_quoted(out, std::get<std::string>(value));
  }
}

/// In digits, as beyond the year 2262 no 64 bits hold it: who cannot take that says so of this row.
void append_timestamp(std::string& out, WallTime time, std::string_view stream, std::uint64_t seq) {
  const auto ms = static_cast<std::uint64_t>(time.time_since_epoch().count());
  const std::uint64_t ns = nanoseconds_of(stream, seq);
  out += ' ';
  if (ms == 0) return append_whole(out, ns);
  append_whole(out, ms);
  std::array<char, 7> digits;  // a 1 and the six
  std::to_chars(digits.data(), digits.data() + digits.size(), ns_per_ms + ns);
  out.append(digits.data() + 1, digits.size() - 1);
}

void append_reading_line(std::string& out, const StoredReading& row) {
  const Reading& reading = row.reading.reading;
  append_tag(out, "sensor_reading,node=", row.node);
  append_tag(out, ",sensor=", reading.sensor);
  if (!reading.unit.empty()) append_tag(out, ",unit=", reading.unit);
  append_field(out, reading.value);
  if (reading.uptime.has_value()) {
    append_whole_field(out, ",uptime_ms=", static_cast<std::uint64_t>(reading.uptime->count()));
    out += 'i';
  }
  append_timestamp(out, reading.time, row.stream, row.reading.seq);
  out += '\n';
}

void append_gap_line(std::string& out, const StoredGap& row) {
  append_tag(out, "sensor_gap,node=", row.node);
  append_tag(out, ",reason=", row.gap.reason);
  append_tag(out, ",stream=", row.stream);
  append_whole_field(out, " lost=", row.gap.last - row.gap.first + 1);
  append_whole_field(out, "i,first=", row.gap.first);
  append_whole_field(out, "i,last=", row.gap.last);
  out += 'i';
  append_timestamp(out, row.gap.time, row.stream, row.gap.first);
  out += '\n';
}

}  // namespace

std::uint64_t nanoseconds_of(std::string_view stream, std::uint64_t seq) {
  Fnv1a hash;
  hash.add(stream);
  return (hash.value() % ns_per_ms + seq % ns_per_ms) % ns_per_ms;
}

std::string encode_upload_lines(const UploadBatch& batch) {
  std::string out;
  out.reserve((batch.readings.size() + batch.gaps.size()) * line_bytes);
  for (const StoredReading& row : batch.readings) append_reading_line(out, row);
  for (const StoredGap& row : batch.gaps) append_gap_line(out, row);
  return out;
}

}  // namespace sensors

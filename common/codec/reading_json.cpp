#include "common/codec/reading_json.hpp"

#include "common/codec/json_text.hpp"
#include "common/codec/time_text.hpp"

namespace sensors {

namespace {

// {"seq":,"sensor":"","value":,"unit":"","time":"2026-01-15T16:09:35.123Z"}, and the comma between two.
constexpr std::size_t row_frame_bytes = 80;
constexpr std::size_t whole_bytes = 20;
constexpr std::size_t clock_bytes = 60;  // ,"clock":"unsynced","uptime_ms":
constexpr std::size_t number_bytes = 26;
constexpr std::size_t escaped_bytes = 6;  // \u0000

void append_time_field(std::string& out, WallTime time) {
  out += ",\"time\":\"";
  append_time(out, time);
  out += '"';
}

/// "sensor":...,"value":...,"unit":...,"time":..., and that the clock was not set
void append_reading_keys(std::string& out, const Reading& reading) {
  append_text_field(out, "\"sensor\":", reading.sensor);
  out += ",\"value\":";
  append_value(out, reading.value);
  append_text_field(out, ",\"unit\":", reading.unit);
  append_time_field(out, reading.time);
  if (!reading.uptime.has_value()) return;
  append_whole_field(out,
                     ",\"clock\":\"unsynced\",\"uptime_ms\":", static_cast<std::uint64_t>(reading.uptime->count()));
}

void append_gaps(std::string& out, const std::vector<Gap>& gaps) {
  out += ",\"gaps\":[";
  const char* separator = "";
  for (const Gap& gap : gaps) {
    out += separator;
    append_whole_field(out, "{\"first\":", gap.first);
    append_whole_field(out, ",\"last\":", gap.last);
    append_text_field(out, ",\"reason\":", gap.reason);
    append_time_field(out, gap.time);
    out += '}';
    separator = ",";
  }
  out += ']';
}

}  // namespace

void append_value(std::string& out, const Value& value) {
  if (const double* number = std::get_if<double>(&value); number != nullptr) {
    append_number(out, *number);
  } else if (const bool* boolean = std::get_if<bool>(&value); boolean != nullptr) {
    out += *boolean ? "true" : "false";
  } else {
    append_json_string(out, std::get<std::string>(value));
  }
}

std::string encode_reading(const SequencedReading& reading, std::string_view stream, std::string_view boot) {
  std::string out;
  out.reserve(encoded_size_bound(reading) + stream.size() + boot.size() + 32);
  out += '{';
  append_reading_keys(out, reading.reading);
  if (reading.reading.uptime.has_value()) append_text_field(out, ",\"boot\":", boot);
  append_whole_field(out, ",\"seq\":", reading.seq);
  append_text_field(out, ",\"stream\":", stream);
  out += '}';
  return out;
}

std::string encode_batch(const Batch& batch) {
  std::string out;
  out.reserve(64 + batch.readings.size() * 128 + batch.gaps.size() * 112);
  append_text_field(out, "{\"stream\":", batch.stream);
  if (!batch.boot.empty()) append_text_field(out, ",\"boot\":", batch.boot);
  out += ",\"readings\":[";
  const char* separator = "";
  for (const SequencedReading& row : batch.readings) {
    out += separator;
    append_whole_field(out, "{\"seq\":", row.seq);
    out += ',';
    append_reading_keys(out, row.reading);
    out += '}';
    separator = ",";
  }
  out += ']';
  if (!batch.gaps.empty()) append_gaps(out, batch.gaps);
  out += '}';
  return out;
}

void append_delivered_reading(std::string& out, std::string_view node, std::string_view stream,
                              const SequencedReading& reading) {
  append_text_field(out, "{\"node\":", node);
  append_text_field(out, ",\"stream\":", stream);
  append_whole_field(out, ",\"seq\":", reading.seq);
  out += ',';
  append_reading_keys(out, reading.reading);
  out += '}';
}

void append_delivered_gap(std::string& out, std::string_view node, std::string_view stream, const Gap& gap) {
  append_text_field(out, "{\"node\":", node);
  append_text_field(out, ",\"stream\":", stream);
  append_whole_field(out, ",\"seq\":", gap.first);
  append_text_field(out, ",\"sensor\":", gap_sensor);
  append_whole_field(out, ",\"value\":", gap.last - gap.first + 1);
  append_text_field(out, ",\"unit\":", "{reading}");
  append_text_field(out, ",\"time\":", time_text(gap.time));
  append_whole_field(out, ",\"last\":", gap.last);
  append_text_field(out, ",\"reason\":", gap.reason);
  out += '}';
}

std::size_t encoded_size_bound(const Value& value) {
  const std::string* text = std::get_if<std::string>(&value);
  return text != nullptr ? 2 + text->size() * escaped_bytes : number_bytes;
}

std::size_t encoded_size_bound(const SequencedReading& reading) {
  const std::size_t uptime_bytes = reading.reading.uptime.has_value() ? clock_bytes : 0;
  return row_frame_bytes + whole_bytes + uptime_bytes + reading.reading.sensor.size() +
         encoded_size_bound(reading.reading.value) + reading.reading.unit.size();
}

}  // namespace sensors

// How a batch is taken apart: rows one by one, a bad one becoming a gap where its number can be read; then the order
// of all numbers, good and bad, is checked, because a batch out of order shows a sender that cannot be believed.
#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "common/codec/json_document.hpp"
#include "common/codec/reading_json.hpp"
#include "common/core/unit_text.hpp"

namespace sensors {

namespace {

constexpr const char* malformed_reason = "malformed";

/// `boot`: what the message says its uptimes are of, empty when it does not.
void read_uptime(JsonFields& fields, std::string_view boot, Reading& reading) {
  if (!fields.has("clock")) return;
  std::string clock;
  std::uint64_t uptime_ms = 0;
  fields.read_text("clock", clock);
  if (clock != "unsynced") fields.refuse(ErrorCode::invalid, "clock: must be \"unsynced\" or not there");
  fields.read_whole("uptime_ms", uptime_ms, 0, static_cast<std::uint64_t>(max_uptime.count()));
  if (boot.empty()) fields.refuse(ErrorCode::invalid, "uptime_ms: means nothing without the boot that it is of");
  reading.uptime = Millis{static_cast<Millis::rep>(uptime_ms)};
}

void read_reading(JsonFields& fields, std::string_view boot, Reading& reading) {
  fields.read_text("sensor", reading.sensor);
  fields.read_value("value", reading.value);
  fields.read_text("unit", reading.unit);
  fields.read_time("time", reading.time);
  read_uptime(fields, boot, reading);
  if (!fields.failed()) fields.check(validate(reading));
}

void count_bad(ReadingDecoder::DecodedBatch& decoded, const char* list, std::size_t index, const JsonFields& fields) {
  if (decoded.bad_rows++ == 0) {
    decoded.first_error = fmt::format("{}[{}]: {}", list, index, fields.finish().error().message);
  }
}

/// A bad row's gap has the row's time where that can be read, or else the time of the row before.
void read_rows(simdjson::dom::array rows, ReadingDecoder::DecodedBatch& decoded) {
  decoded.batch.readings.reserve(rows.size());
  WallTime time{};
  std::size_t index = 0;
  for (const simdjson::dom::element element : rows) {
    JsonFields fields(element, {"seq", "sensor", "value", "unit", "time", "clock", "uptime_ms"});
    SequencedReading& row = decoded.batch.readings.emplace_back();
    fields.read_whole("seq", row.seq, 1, max_seq);
    read_reading(fields, decoded.batch.boot, row.reading);
    time = fields.peek_time("time").value_or(time);
    if (fields.failed()) {
      decoded.batch.readings.pop_back();
      count_bad(decoded, "readings", index, fields);
      if (const auto seq = fields.peek_whole("seq", 1, max_seq))
        decoded.batch.gaps.push_back({*seq, *seq, malformed_reason, time});
    }
    ++index;
  }
}

void read_gaps(simdjson::dom::array rows, ReadingDecoder::DecodedBatch& decoded) {
  std::size_t index = 0;
  for (const simdjson::dom::element element : rows) {
    JsonFields fields(element, {"first", "last", "reason", "time"});
    Gap gap{};
    fields.read_whole("first", gap.first, 1, max_seq);
    fields.read_whole("last", gap.last, 1, max_seq);
    const bool has_range = !fields.failed() && gap.first <= gap.last;
    if (!has_range) fields.refuse(ErrorCode::invalid, "last: must not be below first");
    fields.read_name("reason", gap.reason);
    fields.read_time("time", gap.time);
    if (fields.failed()) {
      count_bad(decoded, "gaps", index, fields);
      gap.reason = malformed_reason;
    }
    if (has_range) decoded.batch.gaps.push_back(std::move(gap));
    ++index;
  }
}

/// Puts the gaps in order; whether readings and gaps, merged, then ascend without overlap.
bool put_in_order(Batch& batch) {
  std::stable_sort(batch.gaps.begin(), batch.gaps.end(), [](const Gap& a, const Gap& b) { return a.first < b.first; });
  std::uint64_t through = 0;
  auto gap = batch.gaps.begin();
  const auto take_gaps_before = [&](std::uint64_t seq) {
    for (; gap != batch.gaps.end() && gap->first < seq; ++gap) {
      if (gap->first <= through) return false;
      through = gap->last;
    }
    return true;
  };
  for (const SequencedReading& row : batch.readings) {
    if (!take_gaps_before(row.seq) || row.seq <= through) return false;
    through = row.seq;
  }
  return take_gaps_before(max_seq + 1);
}

/// "0.31", whole.
bool is_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && std::isfinite(number);
}

Result<void> check_count(std::string_view list, std::size_t count, std::size_t most) {
  if (count <= most) return {};
  return fail(ErrorCode::too_large, fmt::format("{}: {} rows; at most {} are taken", list, count, most));
}

}  // namespace

class ReadingDecoder::Parser {
 public:
  JsonDocument document{max_payload_bytes};
};

ReadingDecoder::ReadingDecoder() : parser_(std::make_unique<Parser>()) {}
ReadingDecoder::~ReadingDecoder() = default;

Result<Batch> ReadingDecoder::reading(std::string_view payload) {
  TRY_ASSIGN(const simdjson::dom::element root, parser_->document.parse(payload));
  JsonFields fields(root, {"sensor", "value", "unit", "time", "seq", "stream", "clock", "uptime_ms", "boot"});
  Batch batch;
  SequencedReading& row = batch.readings.emplace_back();
  fields.read_name("stream", batch.stream);
  fields.read_whole("seq", row.seq, 1, max_seq);
  if (fields.has("boot")) fields.read_name("boot", batch.boot);
  read_reading(fields, batch.boot, row.reading);
  TRY(fields.finish());
  if (!row.reading.uptime.has_value()) batch.boot.clear();  // it says what an uptime is of, and nothing else
  return batch;
}

Result<ReadingDecoder::DecodedBatch> ReadingDecoder::batch(std::string_view payload) {
  TRY_ASSIGN(const simdjson::dom::element root, parser_->document.parse(payload));
  JsonFields fields(root, {"stream", "boot", "readings", "gaps"});
  DecodedBatch decoded;
  simdjson::dom::array readings;
  simdjson::dom::array gaps;
  fields.read_name("stream", decoded.batch.stream);
  if (fields.has("boot")) fields.read_name("boot", decoded.batch.boot);
  fields.read_array("readings", readings);
  const bool has_gaps = fields.has("gaps");
  if (has_gaps) fields.read_array("gaps", gaps);
  if (!fields.failed()) fields.check(check_count("readings", readings.size(), max_batch_readings));
  if (!fields.failed() && has_gaps) fields.check(check_count("gaps", gaps.size(), max_batch_gaps));
  TRY(fields.finish());

  read_rows(readings, decoded);
  if (has_gaps) read_gaps(gaps, decoded);
  if (!put_in_order(decoded.batch)) {
    return fail(ErrorCode::invalid, "readings and gaps must ascend by number and not overlap");
  }
  return decoded;
}

Result<Reading> ReadingDecoder::driver_line(std::string_view line, Now now) {
  TRY_ASSIGN(const simdjson::dom::element root, parser_->document.parse(line));
  JsonFields fields(root, {"sensor", "value", "unit", "time"});
  Reading reading;
  remark_.clear();
  reading.time = now.wall;
  fields.read_text("sensor", reading.sensor);
  fields.read_value("value", reading.value);
  if (fields.has("unit")) fields.read_text("unit", reading.unit);
  reading.unit = ucum_unit(reading.unit);
  if (fields.has("time")) {
    fields.read_foreign_time("time", reading.time, times_, now.wall);
  } else if (!now.clock_synced) {
    reading.uptime = uptime_at(now.monotonic);
  }
  if (!fields.failed()) fields.check(validate(reading));
  TRY(fields.finish());
  remark_ = fields.misspelt();
  const std::string* text = std::get_if<std::string>(&reading.value);
  if (remark_.empty() && text != nullptr && is_number(*text))
    remark_ = "value: a number in quotes is stored as a text; leave the quotes out";
  return reading;
}

}  // namespace sensors

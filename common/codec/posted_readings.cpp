#include "common/codec/posted_readings.hpp"

#include <fmt/format.h>

#include "common/codec/json_document.hpp"
#include "common/core/unit_text.hpp"

namespace sensors {

namespace {

Result<Reading> read_row(simdjson::dom::element element, WallTime now, const TimeRule& times) {
  JsonFields fields(element, {"sensor", "value", "unit", "time"});
  // A key that is ignored would be a time or a unit that is lost, and the client would not know.
  if (const std::string slip = fields.misspelt(); !slip.empty()) fields.refuse(ErrorCode::invalid, slip);
  Reading reading;
  reading.time = now;
  fields.read_name("sensor", reading.sensor);
  fields.read_value("value", reading.value);
  if (fields.has("unit")) fields.read_text("unit", reading.unit);
  reading.unit = ucum_unit(reading.unit);
  if (fields.has("time")) fields.read_foreign_time("time", reading.time, times, now);
  if (!fields.failed()) fields.check(validate(reading));
  TRY(fields.finish());
  return reading;
}

void add_row(PostedReadings& posted, std::size_t row, simdjson::dom::element element, WallTime now,
             const TimeRule& times) {
  Result<Reading> reading = read_row(element, now, times);
  if (reading.has_value()) {
    posted.readings.push_back(std::move(*reading));
  } else {
    posted.bad_rows.push_back({row, reading.error().message});
  }
}

}  // namespace

Result<PostedReadings> decode_posted_readings(std::string_view body, WallTime now, std::size_t max_bytes,
                                              const TimeRule& times) {
  JsonDocument document(max_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(body));
  PostedReadings posted;
  simdjson::dom::array rows;
  if (root.is_object()) {
    add_row(posted, 0, root, now, times);
    return posted;
  }
  if (root.get(rows) != simdjson::SUCCESS)
    return fail(ErrorCode::malformed, "the body must be a reading as a JSON object, or an array of them");
  std::size_t row = 0;
  for (const simdjson::dom::element element : rows) {
    if (row == max_posted_readings)
      return fail(ErrorCode::too_large, fmt::format("at most {} readings are taken at once", max_posted_readings));
    add_row(posted, row++, element, now, times);
  }
  if (row == 0) return fail(ErrorCode::malformed, "the array has no readings");
  return posted;
}

}  // namespace sensors

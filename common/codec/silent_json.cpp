#include "common/codec/silent_json.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/codec/json_document.hpp"
#include "common/codec/json_text.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/time_text.hpp"

namespace sensors {

namespace {

// Behind so much of the payload there is room for one more sensor, with the longest names, and for the end.
constexpr std::size_t most_of_the_named = max_payload_bytes - 512;

void append_silent(std::string& out, const SilentSensor& silent) {
  append_text_field(out, "{\"node\":", silent.node);
  append_text_field(out, ",\"sensor\":", silent.sensor);
  append_text_field(out, ",\"since\":", time_text(silent.since));
  append_whole_field(out, ",\"interval_ms\":", static_cast<std::uint64_t>(silent.interval.count()));
  if (!silent.driver.empty()) append_text_field(out, ",\"driver\":", silent.driver);
  out += '}';
}

Result<SilentSensor> decode_silent_sensor(simdjson::dom::element row) {
  if (!row.is_object()) return fail(ErrorCode::malformed, "silent: each sensor must be a JSON object");
  JsonFields fields(row, {"node", "sensor", "since", "interval_ms", "driver"});
  SilentSensor silent;
  std::uint64_t interval_ms = 0;
  fields.read_name("node", silent.node);
  fields.read_name("sensor", silent.sensor);
  fields.read_time("since", silent.since);
  fields.read_whole("interval_ms", interval_ms, 1, static_cast<std::uint64_t>(max_usual_interval.count()));
  if (fields.has("driver")) fields.read_name("driver", silent.driver);
  TRY(fields.finish());
  silent.interval = Millis{static_cast<Millis::rep>(interval_ms)};
  return silent;
}

}  // namespace

std::string encode_silent(const SilentReport& report) {
  std::string out = fmt::format(R"({{"known":{},"silent":[)", report.known);
  std::size_t named = 0;
  for (; named < std::min(report.silent.size(), max_silent_named) && out.size() < most_of_the_named; ++named) {
    if (named > 0) out += ',';
    append_silent(out, report.silent[named]);
  }
  return out + fmt::format(R"(],"more":{}}})", report.more + (report.silent.size() - named));
}

Result<SilentReport> decode_silent(std::string_view payload) {
  JsonDocument document(max_payload_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"known", "silent", "more"});
  SilentReport report;
  simdjson::dom::array rows;
  fields.read_whole("known", report.known, 0, JsonFields::any_whole);
  fields.read_array("silent", rows);
  fields.read_whole("more", report.more, 0, JsonFields::any_whole);
  TRY(fields.finish());
  if (rows.size() > max_silent_named)
    return fail(ErrorCode::too_large, fmt::format("silent: at most {} sensors are named", max_silent_named));
  for (const simdjson::dom::element row : rows) {
    TRY_ASSIGN(SilentSensor silent, decode_silent_sensor(row));
    report.silent.push_back(std::move(silent));
  }
  return report;
}

}  // namespace sensors

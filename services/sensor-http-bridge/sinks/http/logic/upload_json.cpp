#include "services/sensor-http-bridge/sinks/http/logic/upload_json.hpp"

#include "common/codec/json_text.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/time_text.hpp"

namespace sensors {

namespace {

void append_gap_row(std::string& out, const StoredGap& row) {
  append_text_field(out, "{\"node\":", row.node);
  append_text_field(out, ",\"stream\":", row.stream);
  append_whole_field(out, ",\"seq\":", row.gap.first);
  append_text_field(out, ",\"sensor\":", gap_sensor);
  append_whole_field(out, ",\"value\":", row.gap.last - row.gap.first + 1);
  append_text_field(out, ",\"unit\":", "{reading}");
  append_text_field(out, ",\"time\":", time_text(row.gap.time));
  append_whole_field(out, ",\"last\":", row.gap.last);
  append_text_field(out, ",\"reason\":", row.gap.reason);
  out += '}';
}

}  // namespace

std::string encode_upload_json(const UploadBatch& batch) {
  std::string out;
  out.reserve(2 + batch.readings.size() * 176 + batch.gaps.size() * 208);
  const char* separator = "[";
  for (const StoredReading& row : batch.readings) {
    out += separator;
    append_delivered_reading(out, row.node, row.stream, row.reading);
    separator = ",";
  }
  for (const StoredGap& row : batch.gaps) {
    out += separator;
    append_gap_row(out, row);
    separator = ",";
  }
  if (batch.readings.empty() && batch.gaps.empty()) out += '[';
  out += ']';
  return out;
}

}  // namespace sensors

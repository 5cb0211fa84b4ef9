#include "services/sensor-http-bridge/sinks/http/logic/upload_json.hpp"

#include "common/codec/reading_json.hpp"

namespace sensors {

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
    append_delivered_gap(out, row.node, row.stream, row.gap);
    separator = ",";
  }
  if (batch.readings.empty() && batch.gaps.empty()) out += '[';
  out += ']';
  return out;
}

}  // namespace sensors

// A batch of the store, from the broker, as it is written for an API.
#include "services/sensor-http-bridge/sinks/http/logic/upload_body.hpp"

#include <algorithm>

#include "common/codec/store_answer.hpp"
#include "services/sensor-http-bridge/web/line_protocol.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

namespace {

void check_lines(const UploadBatch& batch, const std::string& lines) {
  const std::size_t rows = batch.readings.size() + batch.gaps.size();
  must(is_utf8(lines), "lines are UTF-8");
  must(static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n')) == rows, "a row is a line");
  if (rows == 0 || rows > max_posted_readings / 4) return;  // a row is up to three fields
  const Result<PostedReadings> posted = bridge::decode_line_protocol(lines, WallTime{}, 1, max_posted_readings);
  must(posted.has_value(), "lines are line protocol");
  for (const BadRow& bad : posted->bad_rows) {
    const bool is_our_limit = bad.reason.find("from measurement, tags and field") != std::string::npos ||
                              bad.reason.find("the timestamp") != std::string::npos;
    must(is_our_limit, "a line is well-formed");  // names are longer and times later than a reading's
  }
}

}  // namespace

void run(std::string_view input) {
  const Result<UploadBatch> batch = decode_upload_batch(input);
  if (!taken(batch)) return;
  for (const StoredReading& row : batch->readings) must(validate(row.reading.reading).has_value(), "a row is valid");
  for (const StoredGap& row : batch->gaps) must(row.gap.first <= row.gap.last, "a gap is a range");
  const Result<std::string> lines = upload_body(UploadFormat::influx, std::string(input));
  const Result<std::string> json = upload_body(UploadFormat::json, std::string(input));
  must(lines.has_value() && json.has_value(), "a batch can be written in each format");
  check_lines(*batch, *lines);
  must(is_utf8(*json), "JSON is UTF-8");
  must(*upload_body(UploadFormat::influx, std::string(input)) == *lines, "the same batch gives the same bytes");
}

}  // namespace sensors::fuzz

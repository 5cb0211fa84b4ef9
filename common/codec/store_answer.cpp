#include "common/codec/store_answer.hpp"

#include "common/codec/error_answer.hpp"
#include "common/codec/json_document.hpp"

namespace sensors {

namespace {

constexpr std::size_t max_answer_bytes = 2 * 1024 * 1024;  // the broker's largest packet

StoredReading read_stored_reading(JsonFields& outer, simdjson::dom::element element) {
  JsonFields fields(element, {"node", "stream", "seq", "sensor", "value", "unit", "time", "uptime_ms", "interval_ms",
                              "silent_since"});
  StoredReading row;
  Reading& reading = row.reading.reading;
  std::uint64_t uptime_ms = 0;
  fields.read_name("node", row.node);
  fields.read_name("stream", row.stream);
  fields.read_whole("seq", row.reading.seq, 1, max_seq);
  fields.read_text("sensor", reading.sensor);
  fields.read_value("value", reading.value);
  fields.read_text("unit", reading.unit);
  fields.read_time("time", reading.time);
  if (fields.has("uptime_ms")) {
    fields.read_whole("uptime_ms", uptime_ms, 0, static_cast<std::uint64_t>(max_uptime.count()));
    reading.uptime = Millis{static_cast<Millis::rep>(uptime_ms)};
  }
  if (fields.has("interval_ms")) {
    std::uint64_t interval_ms = 0;
    fields.read_whole("interval_ms", interval_ms, 1, max_seq);
    row.interval = Millis{static_cast<Millis::rep>(interval_ms)};
  }
  if (fields.has("silent_since")) fields.read_time("silent_since", row.silent_since.emplace());
  if (!fields.failed()) fields.check(validate(reading));
  outer.check(fields.finish());
  return row;
}

StoredBucket read_bucket(JsonFields& outer, simdjson::dom::element element) {
  JsonFields fields(element, {"node", "sensor", "unit", "time", "value", "count"});
  StoredBucket bucket{};
  fields.read_name("node", bucket.node);
  fields.read_name("sensor", bucket.sensor);
  fields.read_text("unit", bucket.unit);
  fields.read_time("time", bucket.time);
  fields.read_value("value", bucket.value);
  fields.read_whole("count", bucket.count, 1, max_seq);
  if (!is_unit(bucket.unit)) fields.refuse(ErrorCode::invalid, "unit: is none");
  outer.check(fields.finish());
  return bucket;
}

StoredGap read_gap(JsonFields& outer, simdjson::dom::element element) {
  JsonFields fields(element, {"node", "stream", "first", "last", "reason", "time"});
  StoredGap row{};
  fields.read_name("node", row.node);
  fields.read_name("stream", row.stream);
  fields.read_whole("first", row.gap.first, 1, max_seq);
  fields.read_whole("last", row.gap.last, 1, max_seq);
  fields.read_name("reason", row.gap.reason);
  fields.read_time("time", row.gap.time);
  if (row.gap.last < row.gap.first) fields.refuse(ErrorCode::invalid, "last: must not be below first");
  outer.check(fields.finish());
  return row;
}

DeadLetter read_letter(JsonFields& outer, simdjson::dom::element element) {
  JsonFields fields(element, {"id", "destination", "status", "reason", "refused", "refusals", "waits"});
  DeadLetter letter{};
  std::uint64_t status = 0;
  fields.read_whole("id", letter.id, 1, max_seq);
  fields.read_name("destination", letter.destination);
  fields.read_whole("status", status, 0, 599);
  fields.read_text("reason", letter.reason);
  fields.read_time("refused", letter.refused);
  fields.read_whole("refusals", letter.refusals, 0, max_seq);
  fields.read_bool("waits", letter.waits);
  letter.status = static_cast<int>(status);
  simdjson::dom::element row;
  if (element["reading"].get(row) == simdjson::SUCCESS) {
    letter.row = read_stored_reading(fields, row);
  } else if (element["gap"].get(row) == simdjson::SUCCESS) {
    letter.row = read_gap(fields, row);
  } else {
    fields.refuse(ErrorCode::malformed, "reading: is missing, and so is gap");
  }
  outer.check(fields.finish());
  return letter;
}

/// Reads the array `rows_key` with `read_row`, and `truncated`.
template <class Row, class ReadRow>
Result<void> read_list(std::string_view payload, std::string_view rows_key, ReadRow read_row, std::vector<Row>& rows,
                       bool& truncated, std::string* cursor = nullptr) {
  JsonDocument document(max_answer_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {rows_key, "truncated", "cursor"});
  refuse_error_answer(fields, root);
  simdjson::dom::array elements;
  fields.read_array(rows_key, elements);
  fields.read_bool("truncated", truncated);
  if (cursor != nullptr && fields.has("cursor")) fields.read_name("cursor", *cursor);
  if (fields.failed()) return fields.finish();
  for (const simdjson::dom::element element : elements) rows.push_back(read_row(fields, element));
  return fields.finish();
}

}  // namespace

Result<UploadBatch> decode_upload_batch(std::string_view payload) {
  JsonDocument document(max_answer_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"store", "destination", "first", "last", "remaining", "readings", "gaps"});
  refuse_error_answer(fields, root);
  UploadBatch batch;
  fields.read_name("store", batch.store);
  fields.read_name("destination", batch.destination);
  fields.read_whole("first", batch.first, 0, max_seq);
  fields.read_whole("last", batch.last, 0, max_seq);
  fields.read_whole("remaining", batch.remaining, 0, max_seq);
  simdjson::dom::array readings;
  simdjson::dom::array gaps;
  fields.read_array("readings", readings);
  fields.read_array("gaps", gaps);
  TRY(fields.finish());
  for (const simdjson::dom::element element : readings) batch.readings.push_back(read_stored_reading(fields, element));
  for (const simdjson::dom::element element : gaps) batch.gaps.push_back(read_gap(fields, element));
  TRY(fields.finish());
  return batch;
}

Result<QueryAnswer> decode_query_answer(std::string_view payload) {
  QueryAnswer answer;
  TRY(read_list(payload, "readings", read_stored_reading, answer.readings, answer.truncated, &answer.cursor));
  return answer;
}

Result<BucketAnswer> decode_bucket_answer(std::string_view payload) {
  BucketAnswer answer;
  TRY(read_list(payload, "buckets", read_bucket, answer.buckets, answer.truncated, &answer.cursor));
  return answer;
}

Result<DeadLetterList> decode_dead_letter_list(std::string_view payload) {
  DeadLetterList list;
  TRY(read_list(payload, "dead_letters", read_letter, list.letters, list.truncated));
  return list;
}

Result<DeadLettersChanged> decode_dead_letters_changed(std::string_view payload) {
  JsonDocument document(max_answer_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"requeued", "purged", "dead_letters"});
  refuse_error_answer(fields, root);
  DeadLettersChanged answer;
  fields.read_whole(fields.has("purged") ? "purged" : "requeued", answer.changed, 0, max_seq);
  fields.read_whole("dead_letters", answer.left, 0, max_seq);
  TRY(fields.finish());
  return answer;
}

}  // namespace sensors

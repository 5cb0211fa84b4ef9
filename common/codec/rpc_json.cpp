#include "common/codec/rpc_json.hpp"

#include <fmt/format.h>

#include "common/codec/error_answer.hpp"
#include "common/codec/json_document.hpp"
#include "common/codec/json_text.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/time_text.hpp"
#include "common/core/fnv1a.hpp"
#include "common/core/printable.hpp"

namespace sensors {

namespace {

constexpr std::size_t max_answer_bytes =
    2 * max_upload_bytes;  // a batch ends with the row that reaches max_upload_bytes

void read_range(JsonFields& fields, std::uint64_t& first, std::uint64_t& last) {
  fields.read_whole("first", first, 0, max_seq);
  fields.read_whole("last", last, 0, max_seq);
  if (first > last) fields.refuse(ErrorCode::invalid, "last: must not be below first");
  if (first == 0 && last != 0) fields.refuse(ErrorCode::invalid, "first: must be 1 or more when there is a last");
}

/// The array `key`, each row of which must be an object; empty when it is not.
simdjson::dom::array read_rows(JsonFields& fields, std::string_view key) {
  simdjson::dom::array rows;
  fields.read_array(key, rows);
  if (fields.failed()) return {};
  for (const simdjson::dom::element row : rows) {
    if (!row.is_object()) fields.refuse(ErrorCode::malformed, fmt::format("{}: each row must be a JSON object", key));
  }
  return rows;
}

/// The name of a row, whose number is under `number_key`.
RowName name_of_row(JsonFields& fields, simdjson::dom::element row, std::string_view number_key) {
  JsonFields keys(row, {"stream", number_key});
  RowName name;
  keys.read_name("stream", name.stream);
  keys.read_whole(number_key, name.seq, 1, max_seq);
  fields.check(keys.finish());
  return name;
}

void read_header_rows(JsonFields& fields, UploadBatchHeader& header) {
  const simdjson::dom::array readings = read_rows(fields, "readings");
  const simdjson::dom::array gaps = read_rows(fields, "gaps");
  if (fields.failed()) return;
  header.readings = readings.size();
  header.gaps = gaps.size();
  if (header.first == 0 && header.rows() > 0)
    fields.refuse(ErrorCode::invalid, "first: must be 1 or more when there are rows");
  for (const simdjson::dom::element row : readings) header.names.push_back(name_of_row(fields, row, "seq"));
  for (const simdjson::dom::element row : gaps) header.names.push_back(name_of_row(fields, row, "first"));
}

void read_rejected(JsonFields& fields, std::vector<RejectedRow>& rejected) {
  const simdjson::dom::array rows = read_rows(fields, "rejected");
  if (fields.failed()) return;
  if (rows.size() > max_upload_readings) {
    return fields.refuse(ErrorCode::too_large, fmt::format("rejected: at most {} rows are taken", max_upload_readings));
  }
  for (const simdjson::dom::element element : rows) {
    JsonFields keys(element, {"stream", "seq", "status", "reason"});
    RejectedRow row;
    std::uint64_t status = 0;
    std::string reason;
    keys.read_name("stream", row.row.stream);
    keys.read_whole("seq", row.row.seq, 1, max_seq);
    if (keys.has("status")) keys.read_whole("status", status, 100, 599);
    if (keys.has("reason")) keys.read_text("reason", reason);
    fields.check(keys.finish());
    row.status = static_cast<int>(status);
    row.reason = printable_line(reason, max_refusal_reason_bytes);
    rejected.push_back(std::move(row));
  }
}

void append_rejected(std::string& out, const std::vector<RejectedRow>& rejected) {
  out += ",\"rejected\":[";
  const char* separator = "";
  for (const RejectedRow& row : rejected) {
    out += separator;
    append_text_field(out, "{\"stream\":", row.row.stream);
    append_whole_field(out, ",\"seq\":", row.row.seq);
    if (row.status != 0) append_whole_field(out, ",\"status\":", static_cast<std::uint64_t>(row.status));
    if (!row.reason.empty()) append_text_field(out, ",\"reason\":", row.reason);
    out += '}';
    separator = ",";
  }
  out += ']';
}

}  // namespace

void append_rhythm(std::string& out, const StoredReading& row) {
  if (row.interval == Millis{0} && !row.silent_since.has_value()) return;
  out.pop_back();
  if (row.interval > Millis{0})
    append_whole_field(out, ",\"interval_ms\":", static_cast<std::uint64_t>(row.interval.count()));
  if (row.silent_since.has_value()) append_text_field(out, ",\"silent_since\":", time_text(*row.silent_since));
  out += '}';
}

void append_delivered_readings(std::string& out, const std::vector<StoredReading>& readings) {
  const char* separator = "";
  for (const StoredReading& row : readings) {
    out += separator;
    append_delivered_reading(out, row.node, row.stream, row.reading);
    append_rhythm(out, row);
    separator = ",";
  }
}

void append_delivered_gap(std::string& out, const StoredGap& row) {
  append_text_field(out, "{\"node\":", row.node);
  append_text_field(out, ",\"stream\":", row.stream);
  append_whole_field(out, ",\"first\":", row.gap.first);
  append_whole_field(out, ",\"last\":", row.gap.last);
  append_text_field(out, ",\"reason\":", row.gap.reason);
  append_text_field(out, ",\"time\":", time_text(row.gap.time));
  out += '}';
}

std::string encode_upload_request(const UploadRequest& request) {
  std::string out;
  append_text_field(out, "{\"destination\":", request.destination);
  append_whole_field(out, ",\"max_readings\":", request.max_readings);
  append_whole_field(out, ",\"max_bytes\":", request.max_bytes);
  if (request.refused != 0) append_whole_field(out, ",\"refused\":", request.refused);
  out += '}';
  return out;
}

std::string encode_withdraw_request(const WithdrawRequest& request) {
  std::string out;
  append_text_field(out, "{\"destination\":", request.destination);
  out += '}';
  return out;
}

Result<WithdrawRequest> decode_withdraw_request(std::string_view payload) {
  JsonDocument document(max_rpc_request_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"destination"});
  WithdrawRequest request;
  fields.read_name("destination", request.destination);
  TRY(fields.finish());
  return request;
}

Result<UploadRequest> decode_upload_request(std::string_view payload) {
  JsonDocument document(max_rpc_request_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"destination", "max_readings", "max_bytes", "refused"});
  UploadRequest request;
  fields.read_name("destination", request.destination);
  if (fields.has("max_readings")) fields.read_size("max_readings", request.max_readings, max_upload_readings);
  if (fields.has("max_bytes")) fields.read_size("max_bytes", request.max_bytes, max_upload_bytes);
  if (fields.has("refused")) fields.read_whole("refused", request.refused, 1, max_seq);
  TRY(fields.finish());
  return request;
}

std::string digest_of(const UploadBatch& batch) {
  Fnv1a hash;  // who writes the store is trusted
  for (const StoredReading& row : batch.readings) {
    hash.add(row.stream);
    hash.add(row.reading.seq);
  }
  for (const StoredGap& row : batch.gaps) {
    hash.add(row.stream);
    hash.add(row.gap.first);
    hash.add(row.gap.last);
  }
  if (batch.refusals > 0) hash.add(batch.refusals);
  return fmt::format("{:016x}", hash.value());
}

std::string encode_upload_batch(const UploadBatch& batch) {
  std::string out;
  out.reserve(160 + batch.readings.size() * 176 + batch.gaps.size() * 160);
  append_text_field(out, "{\"store\":", batch.store);
  append_text_field(out, ",\"destination\":", batch.destination);
  append_whole_field(out, ",\"first\":", batch.first);
  append_whole_field(out, ",\"last\":", batch.last);
  append_whole_field(out, ",\"remaining\":", batch.remaining);
  append_text_field(out, ",\"digest\":", digest_of(batch));
  out += ",\"readings\":[";
  append_delivered_readings(out, batch.readings);
  out += "],\"gaps\":[";
  const char* separator = "";
  for (const StoredGap& row : batch.gaps) {
    out += separator;
    append_delivered_gap(out, row);
    separator = ",";
  }
  out += "]}";
  return out;
}

Result<UploadBatchHeader> decode_upload_batch_header(std::string_view payload) {
  JsonDocument document(max_answer_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"store", "destination", "first", "last", "remaining", "digest", "readings", "gaps"});
  refuse_error_answer(fields, root);
  UploadBatchHeader header;
  fields.read_name("store", header.store);
  fields.read_name("destination", header.destination);
  read_range(fields, header.first, header.last);
  fields.read_whole("remaining", header.remaining, 0, max_seq);
  fields.read_name("digest", header.digest);
  read_header_rows(fields, header);
  TRY(fields.finish());
  return header;
}

std::string encode_uploaded_request(const UploadedRequest& request) {
  std::string out;
  append_text_field(out, "{\"store\":", request.store);
  append_text_field(out, ",\"destination\":", request.destination);
  append_whole_field(out, ",\"first\":", request.first);
  append_whole_field(out, ",\"last\":", request.last);
  if (!request.rejected.empty()) append_rejected(out, request.rejected);
  out += '}';
  return out;
}

Result<UploadedRequest> decode_uploaded_request(std::string_view payload) {
  JsonDocument document(max_answer_bytes);  // every row of a batch may be rejected
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"store", "destination", "first", "last", "rejected"});
  UploadedRequest request;
  fields.read_name("store", request.store);
  fields.read_name("destination", request.destination);
  read_range(fields, request.first, request.last);
  if (request.first == 0) fields.refuse(ErrorCode::invalid, "first: must be 1 or more");
  if (fields.has("rejected")) read_rejected(fields, request.rejected);
  TRY(fields.finish());
  return request;
}

std::string encode_uploaded_answer(const UploadedAnswer& answer) {
  std::string out;
  append_whole_field(out, "{\"through\":", answer.through);
  append_whole_field(out, ",\"remaining\":", answer.remaining);
  out += '}';
  return out;
}

Result<UploadedAnswer> decode_uploaded_answer(std::string_view payload) {
  JsonDocument document(max_rpc_request_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"through", "remaining"});
  refuse_error_answer(fields, root);
  UploadedAnswer answer;
  fields.read_whole("through", answer.through, 0, max_seq);
  fields.read_whole("remaining", answer.remaining, 0, max_seq);
  TRY(fields.finish());
  return answer;
}

}  // namespace sensors

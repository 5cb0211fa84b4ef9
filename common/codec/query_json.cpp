// The queries of rpc_json.hpp and their answers.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "common/codec/json_document.hpp"
#include "common/codec/json_text.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/rpc_json.hpp"
#include "common/codec/time_text.hpp"

namespace sensors {

namespace {

constexpr std::uint64_t latest_cursor_ms = 253'402'300'799'999;  // the end of 9999

void read_order(JsonFields& fields, QueryRequest& request) {
  std::string order;
  fields.read_text("order", order);
  request.newest_first = order == "desc";
  if (order != "asc" && order != "desc") fields.refuse(ErrorCode::invalid, "order: must be asc or desc");
}

void read_cursor(JsonFields& fields, QueryRequest& request) {
  std::string text;
  fields.read_text("cursor", text);
  const Result<QueryCursor> cursor = decode_cursor(text);
  if (cursor.has_value()) request.after = *cursor;
  if (!cursor.has_value()) fields.refuse(cursor.error().code, "cursor: " + cursor.error().message);
}

void read_step(JsonFields& fields, QueryRequest& request) {
  std::uint64_t step_ms = 0;
  fields.read_whole("step_ms", step_ms, 1'000, static_cast<std::uint64_t>(max_query_step.count()));
  request.step = Millis{static_cast<Millis::rep>(step_ms)};
  if (request.latest) fields.refuse(ErrorCode::invalid, "step_ms: there are no steps of what is latest");
  if (!fields.has("fn")) return;
  std::string name;
  fields.read_text("fn", name);
  const std::optional<Aggregate> aggregate = aggregate_from(name);
  if (aggregate.has_value()) request.aggregate = *aggregate;
  if (!aggregate.has_value()) fields.refuse(ErrorCode::invalid, "fn: must be mean, min, max or last");
}

void append_end_of_answer(std::string& out, bool truncated, const std::optional<QueryCursor>& next) {
  out.append("],\"truncated\":").append(truncated ? "true" : "false");
  if (next.has_value()) append_text_field(out, ",\"cursor\":", encode_cursor(*next));
  out += '}';
}

}  // namespace

std::string encode_cursor(const QueryCursor& cursor) {
  return fmt::format("{}-{}", cursor.time.time_since_epoch().count(), cursor.id);
}

Result<QueryCursor> decode_cursor(std::string_view text) {
  const std::size_t dash = std::min(text.find('-'), text.size());
  std::uint64_t time_ms = 0;
  QueryCursor cursor;
  const char* const end = text.data() + text.size();
  const auto time = std::from_chars(text.data(), text.data() + dash, time_ms);
  const auto id = std::from_chars(text.data() + std::min(dash + 1, text.size()), end, cursor.id);
  const bool is_whole =
      time.ec == std::errc{} && time.ptr == text.data() + dash && id.ec == std::errc{} && id.ptr == end;
  if (!is_whole || time_ms > latest_cursor_ms || cursor.id > max_seq)
    return fail(ErrorCode::malformed, "is none that an answer had");
  cursor.time = WallTime{Millis{static_cast<Millis::rep>(time_ms)}};
  return cursor;
}

const char* name_of(Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::mean: return "mean";
    case Aggregate::min: return "min";
    case Aggregate::max: return "max";
    case Aggregate::last: return "last";
  }
  return "mean";
}

std::optional<Aggregate> aggregate_from(std::string_view name) {
  for (const Aggregate known : {Aggregate::mean, Aggregate::min, Aggregate::max, Aggregate::last}) {
    if (name == name_of(known)) return known;
  }
  return std::nullopt;
}

std::string encode_query_request(const QueryRequest& request) {
  std::string out;
  append_whole_field(out, "{\"limit\":", request.limit);
  out.append(",\"latest\":").append(request.latest ? "true" : "false");
  if (!request.node.empty()) append_text_field(out, ",\"node\":", request.node);
  if (!request.sensor.empty()) append_text_field(out, ",\"sensor\":", request.sensor);
  if (request.from.has_value()) append_text_field(out, ",\"from\":", time_text(*request.from));
  if (request.to.has_value()) append_text_field(out, ",\"to\":", time_text(*request.to));
  if (request.newest_first) out += ",\"order\":\"desc\"";
  if (request.after.has_value()) append_text_field(out, ",\"cursor\":", encode_cursor(*request.after));
  if (request.step > Millis{0}) {
    append_whole_field(out, ",\"step_ms\":", static_cast<std::uint64_t>(request.step.count()));
    append_text_field(out, ",\"fn\":", name_of(request.aggregate));
  }
  out += '}';
  return out;
}

Result<QueryRequest> decode_query_request(std::string_view payload) {
  JsonDocument document(max_rpc_request_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"node", "sensor", "from", "to", "limit", "latest", "order", "cursor", "step_ms", "fn"});
  QueryRequest request;
  if (fields.has("node")) fields.read_name("node", request.node);
  if (fields.has("sensor")) fields.read_name("sensor", request.sensor);
  if (fields.has("from")) fields.read_time("from", request.from.emplace());
  if (fields.has("to")) fields.read_time("to", request.to.emplace());
  if (fields.has("limit")) fields.read_size("limit", request.limit, max_query_readings);
  if (fields.has("latest")) fields.read_bool("latest", request.latest);
  if (fields.has("order")) read_order(fields, request);
  if (fields.has("cursor")) read_cursor(fields, request);
  if (fields.has("step_ms")) read_step(fields, request);
  TRY(fields.finish());
  return request;
}

std::string encode_query_answer(const std::vector<StoredReading>& readings, bool truncated,
                                const std::optional<QueryCursor>& next) {
  std::string out;
  out.reserve(80 + readings.size() * 176);
  out += "{\"readings\":[";
  append_delivered_readings(out, readings);
  append_end_of_answer(out, truncated, next);
  return out;
}

void append_bucket(std::string& out, const StoredBucket& bucket) {
  append_text_field(out, "{\"node\":", bucket.node);
  append_text_field(out, ",\"sensor\":", bucket.sensor);
  append_text_field(out, ",\"unit\":", bucket.unit);
  append_text_field(out, ",\"time\":", time_text(bucket.time));
  out += ",\"value\":";
  append_value(out, bucket.value);
  append_whole_field(out, ",\"count\":", bucket.count);
  out += '}';
}

std::string encode_bucket_answer(const std::vector<StoredBucket>& buckets, bool truncated,
                                 const std::optional<QueryCursor>& next) {
  std::string out;
  out.reserve(80 + buckets.size() * 144);
  out += "{\"buckets\":[";
  const char* separator = "";
  for (const StoredBucket& bucket : buckets) {
    out += separator;
    append_bucket(out, bucket);
    separator = ",";
  }
  append_end_of_answer(out, truncated, next);
  return out;
}

}  // namespace sensors

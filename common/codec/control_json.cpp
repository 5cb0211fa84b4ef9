#include "common/codec/control_json.hpp"

#include <cmath>

#include "common/codec/json_document.hpp"
#include "common/codec/json_text.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/time_text.hpp"

namespace sensors {

namespace {

void append_time_field(std::string& out, std::string_view lead, WallTime time) {
  out += lead;
  out += '"';
  append_time(out, time);
  out += '"';
}

void append_number_field(std::string& out, std::string_view lead, double value) {
  out += lead;
  append_number(out, std::isfinite(value) ? value : 0);
}

std::string_view text_of(bool value) { return value ? "true" : "false"; }

}  // namespace

std::string encode_committed(const Committed& committed) {
  std::string out;
  append_text_field(out, "{\"store\":", committed.store);
  append_text_field(out, ",\"stream\":", committed.stream);
  append_whole_field(out, ",\"through\":", committed.through);
  if (committed.resend) out += ",\"resend\":true";
  if (!committed.refused_node.empty()) append_text_field(out, ",\"refused_node\":", committed.refused_node);
  out += '}';
  return out;
}

Result<Committed> decode_committed(std::string_view payload) {
  JsonDocument document(max_payload_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"store", "stream", "through", "resend", "refused_node"});
  Committed committed;
  fields.read_name("store", committed.store);
  fields.read_name("stream", committed.stream);
  fields.read_whole("through", committed.through, 0, max_seq);
  if (fields.has("resend")) fields.read_bool("resend", committed.resend);
  if (fields.has("refused_node")) fields.read_name("refused_node", committed.refused_node);
  TRY(fields.finish());
  return committed;
}

std::string encode_boot_time(const BootTime& boot) {
  std::string out;
  append_text_field(out, "{\"boot\":", boot.boot);
  append_time_field(out, ",\"boot_time\":", boot.time);
  out += '}';
  return out;
}

Result<BootTime> decode_boot_time(std::string_view payload) {
  JsonDocument document(max_payload_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"boot", "boot_time"});
  BootTime boot;
  fields.read_name("boot", boot.boot);
  fields.read_time("boot_time", boot.time);
  TRY(fields.finish());
  return boot;
}

std::string encode_queue_depth(const QueueDepth& queue) {
  std::string out;
  append_whole_field(out, "{\"depth\":", queue.depth);
  append_whole_field(out, ",\"high\":", queue.high);
  append_whole_field(out, ",\"limit\":", queue.limit);
  append_number_field(out, ",\"oldest_s\":", queue.oldest_s);
  append_number_field(out, ",\"rate_per_s\":", queue.rate_per_s);
  out.append(",\"pressure\":").append(text_of(queue.pressure)).append("}");
  return out;
}

Result<QueueDepth> decode_queue_depth(std::string_view payload) {
  JsonDocument document(max_payload_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"depth", "high", "limit", "oldest_s", "rate_per_s", "pressure"});
  QueueDepth queue;
  fields.read_whole("depth", queue.depth, 0, JsonFields::any_whole);
  fields.read_whole("high", queue.high, 0, JsonFields::any_whole);
  fields.read_whole("limit", queue.limit, 0, JsonFields::any_whole);
  fields.read_not_negative("oldest_s", queue.oldest_s);
  fields.read_not_negative("rate_per_s", queue.rate_per_s);
  fields.read_bool("pressure", queue.pressure);
  TRY(fields.finish());
  return queue;
}

std::string encode_breaker_order(BreakerOrder order) {
  return order == BreakerOrder::isolate ? R"({"breaker":"isolate"})" : R"({"breaker":"close"})";
}

Result<BreakerOrder> decode_breaker_order(std::string_view payload) {
  JsonDocument document(max_payload_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"breaker"});
  std::string name;
  fields.read_text("breaker", name);
  TRY(fields.finish());
  if (name == "isolate") return BreakerOrder::isolate;
  if (name == "close") return BreakerOrder::close;
  return fail(ErrorCode::invalid, "breaker: must be isolate or close");
}

std::string encode_forget_order(const ForgetOrder& order) {
  std::string out;
  append_text_field(out, "{\"forget\":", order.sensor);
  append_text_field(out, ",\"node\":", order.node);
  out += '}';
  return out;
}

Result<ForgetOrder> decode_forget_order(std::string_view payload) {
  JsonDocument document(max_payload_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"forget", "node"});
  if (!fields.has("forget")) return fail(ErrorCode::not_found, "forget: is missing");
  ForgetOrder order;
  fields.read_name("forget", order.sensor);
  fields.read_name("node", order.node);
  TRY(fields.finish());
  return order;
}

std::string encode_event(std::string_view type, WallTime time, std::string_view text, std::string_view details) {
  std::string out;
  append_text_field(out, "{\"type\":", type);
  append_time_field(out, ",\"time\":", time);
  append_text_field(out, ",\"text\":", text);
  if (!details.empty()) out.append(",").append(details);
  out += '}';
  return out;
}

std::string encode_transition(const CircuitBreaker::Transition& transition) {
  std::string details;
  append_text_field(details, "\"from\":", name_of(transition.from));
  append_text_field(details, ",\"to\":", name_of(transition.to));
  append_text_field(details, ",\"reason\":", transition.reason);
  return details;
}

Result<ServiceEvent> decode_event(std::string_view payload) {
  JsonDocument document(max_payload_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"type", "time", "text"});
  ServiceEvent event;
  fields.read_name("type", event.type);
  fields.read_time("time", event.time);
  fields.read_text("text", event.text);
  TRY(fields.finish());
  return event;
}

std::string encode_error(const Error& error) {
  std::string out;
  append_text_field(out, "{\"error\":{\"code\":", name_of(error.code));
  append_text_field(out, ",\"message\":", error.message);
  out += "}}";
  return out;
}

}  // namespace sensors

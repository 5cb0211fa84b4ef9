#include "common/codec/alert_json.hpp"

#include "common/codec/json_document.hpp"
#include "common/codec/json_text.hpp"
#include "common/codec/time_text.hpp"

namespace sensors {

namespace {

constexpr std::size_t most_alert_bytes = 64 * 1024;

void append_moment(std::string& out, std::string_view lead, const std::optional<WallTime>& time) {
  out.append(lead);
  if (!time.has_value()) {
    out.append("null");
    return;
  }
  out += '"';
  append_time(out, *time);
  out += '"';
}

}  // namespace

std::string encode_alert(const Alert& alert) {
  std::string out;
  append_text_field(out, "{\"name\":", alert.name);
  append_text_field(out, ",\"state\":", alert.ended.has_value() ? "resolved" : "firing");
  append_text_field(out, ",\"severity\":", alert.severity);
  append_text_field(out, ",\"kind\":", alert.kind);
  append_text_field(out, ",\"node\":", alert.node);
  append_text_field(out, ",\"object\":", alert.object);
  append_text_field(out, ",\"text\":", alert.text);
  append_text_field(out, ",\"advice\":", alert.advice);
  append_moment(out, ",\"since\":", alert.since);
  append_moment(out, ",\"ended\":", alert.ended);
  append_moment(out, ",\"acknowledged\":", alert.acknowledged);
  append_moment(out, ",\"time\":", alert.time);
  out += '}';
  return out;
}

Result<Alert> decode_alert(std::string_view payload) {
  JsonDocument document(most_alert_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(
      root, {"name", "severity", "kind", "node", "object", "text", "advice", "since", "ended", "acknowledged", "time"});
  Alert alert;
  fields.read_name("name", alert.name);
  fields.read_text("severity", alert.severity);
  fields.read_text("kind", alert.kind);
  fields.read_text("node", alert.node);
  fields.read_text("object", alert.object);
  fields.read_text("text", alert.text);
  fields.read_text("advice", alert.advice);
  fields.read_time("since", alert.since);
  fields.read_time("time", alert.time);
  alert.ended = fields.peek_time("ended");
  alert.acknowledged = fields.peek_time("acknowledged");
  TRY(fields.finish());
  return alert;
}

std::string encode_alert_order(const AlertOrder& order) {
  std::string out;
  append_text_field(out, "{\"alert\":", order.kind == AlertOrder::Kind::test ? "test" : "acknowledge");
  append_text_field(out, ",\"name\":", order.name);
  out += '}';
  return out;
}

Result<AlertOrder> decode_alert_order(std::string_view payload) {
  JsonDocument document(most_alert_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"alert", "name"});
  std::string kind;
  AlertOrder order;
  fields.read_text("alert", kind);
  fields.read_name("name", order.name);
  TRY(fields.finish());
  if (kind == "test") {
    order.kind = AlertOrder::Kind::test;
  } else if (kind != "acknowledge") {
    return fail(ErrorCode::invalid, "alert: must be acknowledge or test");
  }
  return order;
}

}  // namespace sensors

#include "common/codec/status_json.hpp"

#include "common/codec/json_document.hpp"
#include "common/codec/reading_json.hpp"

namespace sensors {

namespace {

constexpr std::uint64_t longest_pace_ms = 24 * 3'600'000;

BreakerReport read_breaker(JsonFields& outer, simdjson::dom::element element) {
  JsonFields fields(element, {"state", "reason", "since", "next_attempt", "isolated"});
  BreakerReport breaker;
  fields.read_text("state", breaker.state);
  fields.read_text("reason", breaker.reason);
  breaker.since = fields.peek_time("since");
  breaker.next_attempt = fields.peek_time("next_attempt");
  if (fields.has("isolated")) fields.read_bool("isolated", breaker.isolated);
  outer.check(fields.finish());
  return breaker;
}

}  // namespace

Result<ServiceReport> decode_status(std::string_view payload) {
  const Result<ServiceState> state = decode_status_state(payload);
  if (!state.has_value()) return tl::unexpected<Error>(state.error());
  JsonDocument document(max_payload_bytes);
  const Result<simdjson::dom::element> root = document.parse(payload);
  if (!root.has_value()) return tl::unexpected<Error>(root.error());
  JsonFields fields(
      *root, {"service", "reason", "since", "version", "pace_ms", "pressure", "store", "used_bytes", "dead_letters"});
  ServiceReport report;
  report.state = *state;
  fields.read_name("service", report.service);
  fields.read_text("reason", report.reason);
  fields.read_time("since", report.since);
  fields.read_text("version", report.version);
  if (const auto pace = fields.peek_whole("pace_ms", 1, longest_pace_ms)) report.pace = Millis(*pace);
  if (fields.has("pressure")) fields.read_text("pressure", report.pressure);
  if (fields.has("store")) fields.read_text("store", report.store);
  report.used_bytes = fields.peek_whole("used_bytes", 0, JsonFields::any_whole);
  report.dead_letters = fields.peek_whole("dead_letters", 0, JsonFields::any_whole);
  simdjson::dom::element breaker;
  if ((*root)["breaker"].get(breaker) == simdjson::SUCCESS) report.breaker = read_breaker(fields, breaker);
  if (fields.failed()) return tl::unexpected<Error>(fields.finish().error());
  return report;
}

}  // namespace sensors

#include "common/codec/status_json.hpp"

#include <charconv>
#include <cmath>

#include "common/codec/json_document.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/status_writer.hpp"

namespace sensors {

namespace {

constexpr std::uint64_t longest_pace_ms = 24 * 3'600'000;
constexpr std::uint64_t longest_interval_ms = 24 * 3'600'000;

constexpr std::size_t most_buckets = 64;
constexpr std::size_t most_destinations = 100;

BreakerTransitions read_transitions(JsonFields& outer, simdjson::dom::element element) {
  JsonFields fields(element, {"closed", "open", "half_open"});
  BreakerTransitions transitions;
  fields.read_whole("closed", transitions.closed, 0, JsonFields::any_whole);
  fields.read_whole("open", transitions.open, 0, JsonFields::any_whole);
  fields.read_whole("half_open", transitions.half_open, 0, JsonFields::any_whole);
  outer.check(fields.finish());
  return transitions;
}

BreakerReport read_breaker(JsonFields& outer, simdjson::dom::element element) {
  JsonFields fields(element, {"state", "reason", "since", "next_attempt", "isolated", "failing_since"});
  BreakerReport breaker;
  fields.read_text("state", breaker.state);
  fields.read_text("reason", breaker.reason);
  breaker.since = fields.peek_time("since");
  breaker.next_attempt = fields.peek_time("next_attempt");
  if (fields.has("isolated")) fields.read_bool("isolated", breaker.isolated);
  breaker.failing_since = fields.peek_time("failing_since");
  simdjson::dom::element transitions;
  if (element["transitions"].get(transitions) == simdjson::SUCCESS)
    breaker.transitions = read_transitions(fields, transitions);
  outer.check(fields.finish());
  return breaker;
}

/// The next bucket behind `before`; nothing when it does not go on from there.
std::optional<LatencyReport::Bucket> read_bucket(const simdjson::dom::key_value_pair& field,
                                                 const LatencyReport::Bucket& before) {
  LatencyReport::Bucket bucket;
  const char* end = field.key.data() + field.key.size();
  const auto [read, error] = std::from_chars(field.key.data(), end, bucket.most_ms);
  const bool is_bound =
      error == std::errc{} && read == end && std::isfinite(bucket.most_ms) && bucket.most_ms > before.most_ms;
  if (!is_bound || field.value.get(bucket.count) != simdjson::SUCCESS || bucket.count < before.count)
    return std::nullopt;
  return bucket;
}

LatencyReport read_latency(JsonFields& outer, simdjson::dom::element element) {
  JsonFields fields(element, {"sum_ms", "count"});
  LatencyReport latency;
  fields.read_not_negative("sum_ms", latency.sum_ms);
  fields.read_whole("count", latency.count, 0, JsonFields::any_whole);
  simdjson::dom::object buckets;
  if (element["le_ms"].get(buckets) != simdjson::SUCCESS || buckets.size() > most_buckets) {
    outer.refuse(ErrorCode::invalid, "le_ms: must be an object of up to 64 numbers");
    return latency;
  }
  LatencyReport::Bucket before;
  for (const simdjson::dom::key_value_pair& field : buckets) {
    const std::optional<LatencyReport::Bucket> bucket = read_bucket(field, before);
    if (!bucket.has_value() || bucket->count > latency.count) {
      fields.refuse(ErrorCode::invalid, "le_ms: must be counts up to rising bounds");
      break;
    }
    latency.buckets.push_back(before = *bucket);
  }
  outer.check(fields.finish());
  return latency;
}

DestinationReport read_destination(JsonFields& outer, simdjson::dom::element element) {
  JsonFields fields(element, {"waiting", "dead_letters", "url_gone"});
  DestinationReport destination;
  destination.waiting = fields.peek_whole("waiting", 0, JsonFields::any_whole);
  destination.dead_letters = fields.peek_whole("dead_letters", 0, JsonFields::any_whole).value_or(0);
  if (fields.has("url_gone")) fields.read_bool("url_gone", destination.url_gone);
  outer.check(fields.finish());
  return destination;
}

/// Nothing where the service could not measure it: then the object is empty.
std::optional<DiskFigures> read_disk(JsonFields& outer, simdjson::dom::element element) {
  JsonFields fields(element, {"file_bytes", "free_bytes", "size_bytes", "risk"});
  DiskFigures disk;
  const std::optional<std::uint64_t> size = fields.peek_whole("size_bytes", 1, JsonFields::any_whole);
  const std::optional<std::uint64_t> free = fields.peek_whole("free_bytes", 0, JsonFields::any_whole);
  if (fields.has("risk")) fields.read_text("risk", disk.risk);
  outer.check(fields.finish());
  if (!size.has_value() || !free.has_value()) return std::nullopt;
  disk.file_bytes = fields.peek_whole("file_bytes", 0, JsonFields::any_whole).value_or(0);
  disk.free_bytes = *free;
  disk.size_bytes = *size;
  return disk;
}

GapsReport read_gaps(JsonFields& outer, simdjson::dom::element element) {
  JsonFields fields(element, {"node", "reason", "readings", "since", "time"});
  GapsReport gaps;
  fields.read_name("node", gaps.node);
  fields.read_text("reason", gaps.reason);
  fields.read_whole("readings", gaps.readings, 1, JsonFields::any_whole);
  fields.read_time("since", gaps.since);
  fields.read_time("time", gaps.time);
  outer.check(fields.finish());
  return gaps;
}

std::optional<bool> read_clock(JsonFields& outer, simdjson::dom::element element) {
  JsonFields fields(element, {"synced"});
  std::optional<bool> synced;
  if (fields.has("synced")) fields.read_bool("synced", synced.emplace());
  outer.check(fields.finish());
  return synced;
}

std::map<std::string, DestinationReport> read_destinations(JsonFields& outer, simdjson::dom::element element) {
  std::map<std::string, DestinationReport> destinations;
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS || object.size() > most_destinations) {
    outer.refuse(ErrorCode::invalid, "destinations: must be an object of up to 100 objects");
    return destinations;
  }
  for (const simdjson::dom::key_value_pair& field : object) {
    if (!is_name(field.key)) outer.refuse(ErrorCode::invalid, "destinations: a key must be a name");
    destinations.emplace(field.key, read_destination(outer, field.value));
  }
  return destinations;
}

}  // namespace

const char* name_of(ServiceState state) {
  switch (state) {
    case ServiceState::up: return "up";
    case ServiceState::degraded: return "degraded";
    case ServiceState::down: return "down";
  }
  return "unknown";
}

std::string encode_status(const StatusReport& report) {
  StatusWriter status;
  status.add("service", report.service);
  status.add("state", name_of(report.state));
  status.add("reason", report.reason);
  status.add("since", report.since);
  status.add("version", report.version);
  return '{' + status.members() + (report.details.empty() ? "" : "," + report.details) + '}';
}

Result<ServiceState> decode_status_state(std::string_view payload) {
  JsonDocument document(max_payload_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"state"});
  std::string name;
  fields.read_text("state", name);
  TRY(fields.finish());
  for (const ServiceState state : {ServiceState::up, ServiceState::degraded, ServiceState::down}) {
    if (name == name_of(state)) return state;
  }
  return fail(ErrorCode::invalid, "state: must be up, degraded or down");
}

Result<bool> decode_status_delivers(std::string_view payload) {
  JsonDocument document(max_payload_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"delivers"});
  bool delivers = true;
  if (fields.has("delivers")) fields.read_bool("delivers", delivers);
  TRY(fields.finish());
  return delivers;
}

Result<ServiceReport> decode_status(std::string_view payload) {
  TRY_ASSIGN(const ServiceState state, decode_status_state(payload));
  JsonDocument document(max_payload_bytes);
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"service", "reason", "since", "version", "pace_ms", "pressure", "store", "used_bytes",
                           "dead_letters", "instance", "delivers", "time", "interval_ms", "newest", "last_will"});
  ServiceReport report;
  report.state = state;
  fields.read_name("service", report.service);
  fields.read_text("reason", report.reason);
  fields.read_time("since", report.since);
  fields.read_text("version", report.version);
  if (const auto pace = fields.peek_whole("pace_ms", 1, longest_pace_ms)) report.pace = Millis(*pace);
  if (fields.has("pressure")) fields.read_text("pressure", report.pressure);
  if (fields.has("instance")) fields.read_text("instance", report.instance);
  if (fields.has("delivers")) fields.read_bool("delivers", report.delivers.emplace());
  if (fields.has("store")) fields.read_text("store", report.store);
  report.used_bytes = fields.peek_whole("used_bytes", 0, JsonFields::any_whole);
  report.dead_letters = fields.peek_whole("dead_letters", 0, JsonFields::any_whole);
  if (fields.has("last_will")) fields.read_bool("last_will", report.last_will);
  report.time = fields.peek_time("time");
  report.newest = fields.peek_time("newest");
  if (const auto interval = fields.peek_whole("interval_ms", 1, longest_interval_ms))
    report.interval = Millis(*interval);
  simdjson::dom::element clock;
  if (root["clock"].get(clock) == simdjson::SUCCESS) report.clock_synced = read_clock(fields, clock);
  simdjson::dom::element disk;
  if (root["disk"].get(disk) == simdjson::SUCCESS) report.disk = read_disk(fields, disk);
  simdjson::dom::element gaps;
  if (root["gaps"].get(gaps) == simdjson::SUCCESS) report.gaps = read_gaps(fields, gaps);
  simdjson::dom::element destinations;
  if (root["destinations"].get(destinations) == simdjson::SUCCESS)
    report.destinations = read_destinations(fields, destinations);
  simdjson::dom::element breaker;
  if (root["breaker"].get(breaker) == simdjson::SUCCESS) report.breaker = read_breaker(fields, breaker);
  simdjson::dom::element latency;
  if (root["puback_latency"].get(latency) == simdjson::SUCCESS) report.puback = read_latency(fields, latency);
  if (root["api_latency"].get(latency) == simdjson::SUCCESS) report.api = read_latency(fields, latency);
  TRY(fields.finish());
  return report;
}

}  // namespace sensors

#include "common/codec/discovery_json.hpp"

#include "common/codec/json_document.hpp"
#include "common/codec/json_text.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/topic.hpp"

namespace sensors {

namespace {

using Kind = DiscoveryConfig::Kind;

constexpr const char* publisher = "sensor-publisher";  // live readings are always its

/// A status that was taken back is an empty message, which is no JSON.
constexpr const char* availability =
    "{{ 'offline' if value_json is defined and value_json.state == 'down' else 'online' }}";

const char* component_of(Kind kind) { return kind == Kind::boolean ? "binary_sensor" : "sensor"; }

/// Home Assistant's states have at most 255 characters.
const char* value_template(Kind kind) {
  switch (kind) {
    case Kind::number: return "{{ value_json.value }}";
    case Kind::boolean: return "{{ 'ON' if value_json.value else 'OFF' }}";
    case Kind::text: return "{{ value_json.value[:255] }}";
  }
  return "";
}

/// Names have no slash, so no two sensors have the same.
std::string unique_id(const SensorAddress& address) { return address.root + '/' + address.node + '/' + address.sensor; }

void append_if(std::string& out, std::string_view lead, const std::string& text) {
  if (!text.empty()) append_text_field(out, lead, text);
}

}  // namespace

std::string discovery_id(std::string_view name) {
  std::string id;
  for (const char c : name) {
    if (c == '_' || c == '-') id += '-';
    id += c == '.' ? '_' : c;
  }
  return id;
}

std::string discovery_topic(std::string_view prefix, const SensorAddress& address, Kind kind) {
  std::string topic(prefix);
  for (const std::string& level :
       {std::string(component_of(kind)), discovery_id(address.node), discovery_id(address.sensor)})
    topic.append("/").append(level);
  return topic + "/config";
}

std::string encode_discovery(const DiscoveryConfig& config) {
  const SensorAddress& address = config.address;
  std::string out;
  append_text_field(out, "{\"name\":", address.sensor);
  append_text_field(out, ",\"unique_id\":", unique_id(address));
  append_text_field(out, ",\"state_topic\":", topic_of(address.root, address.node, "reading", address.sensor));
  append_text_field(out, ",\"value_template\":", value_template(config.kind));
  append_if(out, ",\"unit_of_measurement\":", config.unit);
  append_if(out, ",\"device_class\":", config.device_class);
  append_if(out, ",\"state_class\":", config.state_class);
  append_text_field(out, ",\"availability_topic\":", topic_of(address.root, address.node, "status", publisher));
  append_text_field(out, ",\"availability_template\":", availability);
  if (config.expire_after > Millis{0}) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(config.expire_after).count();
    append_whole_field(out, ",\"expire_after\":", static_cast<std::uint64_t>(seconds));
  }
  append_text_field(out, ",\"qos\":1,\"device\":{\"identifiers\":[", address.root + '/' + address.node);
  append_text_field(out, "],\"name\":", address.node);
  out += R"(,"manufacturer":"Sensor Project"},"origin":{"name":"sensor-project",)";
  append_text_field(out, "\"sw_version\":", config.version);
  return out + "}}";
}

Millis decode_discovery_expiry(std::string_view payload) {
  constexpr std::uint64_t longest_s = std::uint64_t{10} * 366 * 86'400;
  JsonDocument document(max_payload_bytes, 16);
  const Result<simdjson::dom::element> root = document.parse(payload);
  if (!root.has_value()) return Millis{0};
  const std::optional<std::uint64_t> seconds =
      JsonFields(*root, {"expire_after"}).peek_whole("expire_after", 0, longest_s);
  return std::chrono::seconds{seconds.value_or(0)};
}

Result<SensorAddress> decode_discovery_address(std::string_view payload) {
  JsonDocument document(max_payload_bytes, 16);  // Home Assistant's own devices nest deeper than we do
  TRY_ASSIGN(const simdjson::dom::element root, document.parse(payload));
  JsonFields fields(root, {"unique_id", "state_topic"});
  std::string id;
  std::string state_topic;
  fields.read_text("unique_id", id);
  fields.read_text("state_topic", state_topic);
  TRY(fields.finish());
  const std::optional<TopicView> topic = parse_topic(state_topic);
  if (!topic.has_value() || topic->kind != "reading")
    return fail(ErrorCode::invalid, "state_topic: is no topic of readings");
  SensorAddress address{std::string(topic->root), std::string(topic->node), std::string(topic->name)};
  if (unique_id(address) != id) return fail(ErrorCode::invalid, "unique_id: is not one of ours");
  return address;
}

}  // namespace sensors

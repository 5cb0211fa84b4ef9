#include "services/sensorctl/verbs/tail.hpp"

#include <fnmatch.h>

#include <optional>

#include "common/codec/control_json.hpp"
#include "common/codec/time_text.hpp"
#include "common/codec/topic.hpp"
#include "services/sensorctl/verbs/text.hpp"

namespace sensors::sensorctl {

namespace {

constexpr std::size_t most_event_bytes = 500;

std::string line_of(const TopicView& topic, const Reading& reading) {
  return fmt::format("{} {} {} {}\n", time_text(reading.time), topic.node, reading.sensor, value_with_unit(reading));
}

std::string line_of(const TopicView& topic, const ServiceEvent& event) {
  return fmt::format("{} {} {} {}: {}\n", time_text(event.time), topic.node, topic.name, event.type,
                     printable_line(event.text, most_event_bytes));
}

/// The payload has been read, so it is JSON, and can stand in JSON as it is.
std::string json_of(const TopicView& topic, const std::string& payload) {
  return fmt::format("{{\"node\":\"{}\",\"kind\":\"{}\",\"name\":\"{}\",\"payload\":{}}}\n", topic.node, topic.kind,
                     topic.name, on_one_line(payload));
}

/// Whether the whole of `name` fits `pattern`, as in the lists of names of the services' configuration.
bool fits(std::string_view name, const std::string& pattern) {
  return fnmatch(pattern.c_str(), std::string(name).c_str(), 0) == 0;
}

}  // namespace

std::vector<std::string> Tail::filters(const TailOptions& options, const std::string& root, const std::string& node) {
  const std::string any = root + "/" + (node.empty() ? "+" : node);
  if (!options.sensor.empty()) return {any + "/reading/+"};
  return {any + "/reading/+", any + "/event/+"};
}

void Tail::take(const MqttMessage& message) {
  const std::optional<TopicView> topic = parse_topic(message.topic);
  if (!topic.has_value()) return;
  std::string line;
  if (topic->kind == "reading") {
    if (!options_.sensor.empty() && !fits(topic->name, options_.sensor)) return;
    const Result<Batch> batch = decoder_.reading(message.payload);
    if (!batch.has_value()) return complain(message.topic + ": " + batch.error().message);
    line = line_of(*topic, batch->readings.front().reading);
  } else {
    const Result<ServiceEvent> event = decode_event(message.payload);
    if (!event.has_value()) return complain(message.topic + ": " + event.error().message);
    line = line_of(*topic, *event);
  }
  print(options_.json ? json_of(*topic, message.payload) : line);
}

}  // namespace sensors::sensorctl

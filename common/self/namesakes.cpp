// Of a process that is gone there may still come its last will, and what the network has kept: neither is said again. A
// retained status is of the past. Both are no namesake's.
#include "common/self/namesakes.hpp"

#include <fmt/format.h>

#include "common/codec/status_json.hpp"
#include "common/core/bridge_name.hpp"
#include "common/core/reading.hpp"

namespace sensors {

Namesakes::Heard Namesakes::take(const TopicView& topic, const MqttMessage& message, Instant now) {
  Heard heard;
  if (topic.kind != "status" || topic.name != options_.service || message.retained) return heard;
  const Result<ServiceReport> report = decode_status(message.payload);
  if (!report.has_value()) return heard;
  const std::string node(topic.node);
  if (report->state == ServiceState::down) {  // also the will of an earlier connection of ours
    heard.say_again = node == options_.node;
  } else if (report->instance == options_.instance) {
    return heard;
  } else if (others_.seen(text_of(node, report->store), now)) {
    heard.line = LogLine{LogLevel::error, others_.what()};
  }
  return heard;
}

std::optional<LogLine> Namesakes::advance(Instant now) {
  if (!others_.advance(now)) return std::nullopt;
  return LogLine{LogLevel::info, "no other " + options_.service + " is heard any more"};
}

std::string Namesakes::text_of(const std::string& node, const std::string& store) const {
  if (node == options_.node) {
    return fmt::format(
        "another {} on this broker is called {} too: two machines, or two installations, have one name; give one of "
        "them another `node` in the configurations of its services{}",
        options_.service, node, is_bridge(options_.service) ? ", or, on one machine, another `name`" : "");
  }
  return fmt::format(
      "another store ({} of node {}) takes readings from this broker too, and publishers delete what either of them "
      "has; stop one of them, or give it and its publishers another `root`",
      is_name(store) ? store : "not open", node);
}

}  // namespace sensors

// The part of Logic that knows under which names this machine went before: readings keep the one that they were taken
// under (ADR 16).
#include <fmt/format.h>

#include "common/codec/control_json.hpp"
#include "services/sensor-publisher/logic.hpp"

namespace sensors::publisher {

void Logic::note_former_name(const OutboxContents& contents, Now now, Effects& effects) {
  for (const OutboxStream& stream : contents.streams) {
    if (stream.boot == contents.streams.back().boot && !stream.node.empty()) boot_nodes_.insert(stream.node);
  }
  std::string before;
  if (contents.streams.size() > 1) {
    before = contents.streams[contents.streams.size() - 2].node;
  } else if (!contents.ended.empty()) {
    before = contents.ended.back().node;
  }
  if (before.empty() || before == options_.node || before == former_node_) return;
  former_node_ = before;
  // Rows of this boot that the store has already may wait for their times under that name.
  boot_nodes_.insert(before);
  std::string text = fmt::format(
      "this machine was called {} before and is {} now: readings keep the name that they were "
      "taken under, and those that wait are sent under it",
      before, options_.node);
  add_event(encode_event("renamed", now.wall, text));
  effects.push_back(LogLine{LogLevel::info, std::move(text)});
}

/// Each node's watermarks have a topic of their own.
void Logic::subscribe(Effects& effects) {
  for (const std::string& node : sender_.nodes()) {
    if (node == options_.node || !followed_.insert(node).second) continue;
    effects.push_back(MqttSubscribe{topic_of(options_.root, node, "committed", service_name)});
  }
  if (former_node_.empty() || !followed_.insert(former_node_ + "/status").second) return;
  effects.push_back(MqttSubscribe{topic_of(options_.root, former_node_, "status", service_name)});
}

/// What the broker keeps of the former name would be shown as a publisher that is down for ever. Another machine that
/// goes under that name, of which this one is a copy, says there that it is up; if it is off, it says so again when it
/// comes back.
void Logic::on_status_of_publisher(const TopicView& topic, const MqttMessage& message, Effects& effects) {
  if (topic.node != former_node_ || topic.kind != "status" || message.payload.empty()) return;
  const Result<ServiceState> state = decode_status_state(message.payload);
  if (!state || *state != ServiceState::down || !link_.is_connected()) return;
  for (const char* kind : {"status", "queue"}) {
    MqttPublish empty;
    empty.topic = topic_of(options_.root, former_node_, kind, service_name);
    empty.retain = true;
    effects.push_back(std::move(empty));
  }
}

}  // namespace sensors::publisher

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
  std::string stream;
  if (contents.streams.size() > 1) {
    before = contents.streams[contents.streams.size() - 2].node;
    stream = contents.streams[contents.streams.size() - 2].id;
  } else if (!contents.ended.empty()) {
    before = contents.ended.back().node;
    stream = contents.ended.back().id;
  }
  if (before.empty() || before == options_.node || before == former_node_) return;
  former_node_ = before;
  former_stream_ = stream;
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

/// What the broker keeps of the former name would be shown for ever: as a publisher that is down, or as one that is up,
/// where the link took its last word no more. A retained status with the stream of the run before this one is that
/// run's, whatever it says. Another machine that goes under that name, of which this one is a copy, says there that it
/// is up; if what it said is cleared, it says so again within a status interval, or when it comes back.
void Logic::on_status_of_publisher(const TopicView& topic, const MqttMessage& message, Effects& effects) {
  if (topic.node != former_node_ || topic.kind != "status" || message.payload.empty()) return;
  const Result<ServiceState> state = decode_status_state(message.payload);
  const bool is_of_run_before =
      message.retained && message.payload.find(fmt::format(R"("stream":"{}")", former_stream_)) != std::string::npos;
  if (!state || (*state != ServiceState::down && !is_of_run_before) || !link_.is_connected()) return;
  for (const char* kind : {"status", "queue"}) {
    MqttPublish empty;
    empty.topic = topic_of(options_.root, former_node_, kind, service_name);
    empty.retain = true;
    effects.push_back(std::move(empty));
  }
}

}  // namespace sensors::publisher

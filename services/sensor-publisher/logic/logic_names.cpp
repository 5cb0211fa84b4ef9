// The part of Logic that knows under which names this machine went before: readings keep the one that they were taken
// under (ADR 16).
#include <fmt/format.h>

#include "services/sensor-publisher/logic/logic.hpp"

namespace sensors::publisher {

void Logic::note_former_name(const OutboxContents& contents, Now now, Effects& effects) {
  for (const EndedStream& ended : contents.ended) self_.add_former_run({ended.node, ended.id});
  for (const OutboxStream& stream : contents.streams) {
    self_.add_former_run({stream.node, stream.id});
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
  self_.announce("renamed", {LogLevel::info, std::move(text)}, now, effects);
}

/// Each node's watermarks have a topic of their own.
void Logic::subscribe(Effects& effects) {
  for (const std::string& node : sender_.nodes()) {
    if (node == options_.node || !followed_.insert(node).second) continue;
    effects.push_back(MqttSubscribe{topic_of(options_.root, node, "committed", service_name)});
  }
  for (const std::string& topic : self_.take_topics()) effects.push_back(MqttSubscribe{topic});
}

}  // namespace sensors::publisher

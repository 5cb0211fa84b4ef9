// The topic of a message from the broker.
#include "common/codec/topic.hpp"

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  const std::optional<TopicView> topic = parse_topic(input);
  if (!topic.has_value()) return;
  must(is_name(topic->node) && is_name(topic->kind) && is_name(topic->name), "the levels of a topic are names");
  must(topic_of(topic->root, topic->node, topic->kind, topic->name) == input, "a topic survives another trip");
}

}  // namespace sensors::fuzz

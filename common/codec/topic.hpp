// Topics are <root>/<node>/<kind>/<name>, always four levels; docs/protocol.md lists them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sensors {

/// "sensors/kitchen/reading/bme280.temperature"
std::string topic_of(std::string_view root, std::string_view node, std::string_view kind, std::string_view name);

/// The four levels, views into `topic`; nothing when there are not four, or node, kind or name breaks the name grammar.
struct TopicView {
  std::string_view root;
  std::string_view node;
  std::string_view kind;
  std::string_view name;
};
std::optional<TopicView> parse_topic(std::string_view topic);

}  // namespace sensors

#include "common/codec/topic.hpp"

#include "common/core/reading.hpp"

namespace sensors {

namespace {

/// Cuts the last level off `rest`; nothing when there is no level before it.
std::optional<std::string_view> cut_last_level(std::string_view& rest) {
  const std::size_t slash = rest.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view level = rest.substr(slash + 1);
  rest = rest.substr(0, slash);
  return level;
}

}  // namespace

std::string topic_of(std::string_view root, std::string_view node, std::string_view kind, std::string_view name) {
  std::string topic;
  topic.reserve(root.size() + node.size() + kind.size() + name.size() + 3);
  topic.append(root).append(1, '/').append(node).append(1, '/').append(kind).append(1, '/').append(name);
  return topic;
}

std::optional<TopicView> parse_topic(std::string_view topic) {
  std::string_view rest = topic;
  const std::optional<std::string_view> name = cut_last_level(rest);
  const std::optional<std::string_view> kind = cut_last_level(rest);
  const std::optional<std::string_view> node = cut_last_level(rest);
  if (!name || !kind || !node || rest.empty() || rest.find('/') != std::string_view::npos) return std::nullopt;
  if (!is_name(*node) || !is_name(*kind) || !is_name(*name)) return std::nullopt;
  return TopicView{rest, *node, *kind, *name};
}

}  // namespace sensors

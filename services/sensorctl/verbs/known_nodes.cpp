#include "services/sensorctl/verbs/known_nodes.hpp"

#include <fmt/ranges.h>

#include "common/core/near_word.hpp"

namespace sensors::sensorctl {

void KnownNodes::heard(std::string_view node) {
  if (nodes_.size() < most) nodes_.emplace(node);
}

std::string KnownNodes::names() const { return fmt::format("{}", fmt::join(nodes_, ", ")); }

std::string KnownNodes::mistake() const {
  return fmt::format("nobody is known under the node '{}'; the broker knows {}{}", named_, names(),
                     did_you_mean(named_, nodes_));
}

}  // namespace sensors::sensorctl

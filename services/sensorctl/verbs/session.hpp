// Session is what a command needs to know to speak with the pipeline: whom it asks, where answers come, and how long it
// waits. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/codec/store_calls.hpp"
#include "common/codec/topic.hpp"
#include "common/core/time.hpp"

namespace sensors::sensorctl {

struct Session {
  std::string root;    // first level of every topic
  std::string node;    // empty: whichever there is
  std::string client;  // our own name, unique; answers come under it
  Millis timeout{5'000};

  /// Filter of `kind`/`name` of the node, or of all nodes; `name` may be "+".
  std::string filter(std::string_view kind, std::string_view name) const {
    return topic_of(root, node.empty() ? "+" : node, kind, name);
  }

  /// Filter of the status of `service`, or of all ("+"), on every node: so a name that nobody has is known as such.
  std::string all_status(std::string_view service) const { return topic_of(root, "+", "status", service); }

  /// Of up to `most` questions to stores, each of which may take the session's timeout.
  template <class Purpose>
  StoreCalls<Purpose> calls(std::size_t most) const {
    return StoreCalls<Purpose>({root, client, client, most, timeout});
  }
};

}  // namespace sensors::sensorctl

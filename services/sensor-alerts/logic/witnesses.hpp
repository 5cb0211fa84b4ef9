// Witnesses knows of which alerts it can be said that they are over: of those whose machine or service has said how it
// is since the connection began. A broker that began anew has forgotten who was down before; that they are not heard of
// is no sign that they are well. Who was taken off on purpose is not waited for.
// Owned by Logic, on the loop thread. Pure.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "common/codec/alert_json.hpp"
#include "common/codec/topic.hpp"
#include "common/verdict/pipeline_watch.hpp"

namespace sensors::alerts {

class Witnesses {
 public:
  /// Services that were taken off, as far as they are remembered. An alert of one beyond stays open until it is heard.
  static constexpr std::size_t max_gone = 1'000;

  /// A message of the kind status. `is_cleared`: it is empty, and was sent just now.
  void take(const TopicView& topic, bool is_cleared);

  /// Whether anybody could say that `alert`, of a verdict, is over. `since`: when the connection began.
  bool can_say(const Alert& alert, const verdict::PipelineWatch& watch, Instant since) const;

 private:
  bool is_gone(const std::string& node, const verdict::PipelineWatch& watch) const;

  std::set<verdict::PipelineWatch::Name> gone_;  // taken off, and not heard since
};

}  // namespace sensors::alerts

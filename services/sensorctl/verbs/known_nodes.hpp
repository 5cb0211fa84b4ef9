// KnownNodes is which machines the broker has a status of, and whether the one that --node names is none of them. Pure.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "services/sensorctl/verbs/session.hpp"

namespace sensors::sensorctl {

class KnownNodes {
 public:
  /// More are not told apart.
  static constexpr std::size_t most = 100;

  /// Retained messages come at once after the subscription; so long a further node may show up.
  static constexpr Millis settle_time{150};

  explicit KnownNodes(const Session& session) : named_(session.node) {}

  void heard(std::string_view node);

  const std::set<std::string, std::less<>>& all() const { return nodes_; }

  /// "attic, kitchen".
  std::string names() const;

  /// Whether the command line names a node that has said nothing, where others have. Sure only once retained messages
  /// have come.
  bool is_mistaken() const { return !named_.empty() && !nodes_.empty() && !nodes_.contains(named_); }

  /// For people: that nobody is known by that name, which nodes there are, and the nearest.
  std::string mistake() const;

 private:
  std::string named_;
  std::set<std::string, std::less<>> nodes_;  // at most `most`
};

}  // namespace sensors::sensorctl

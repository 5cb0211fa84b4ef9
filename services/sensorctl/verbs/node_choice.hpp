// NodeChoice finds the one node that a command is about, when the command line does not name it: the one whose service
// has a status at the broker. Pure.
#pragma once

#include <optional>
#include <string>

#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "services/sensorctl/verbs/known_nodes.hpp"
#include "services/sensorctl/verbs/session.hpp"

namespace sensors::sensorctl {

class NodeChoice {
 public:
  /// Retained messages come at once after the subscription; so long a further node may show up.
  static constexpr Millis settle_time{150};

  NodeChoice(const Session& session, std::string service);

  void connected(Instant now);

  /// The node has a status of the service.
  void heard(std::string_view node);

  /// The node, once it is clear. not_found when there is none in the session's timeout; invalid when there are several.
  std::optional<Result<std::string>> decided(Instant now) const;

  /// Which nodes have a status of the service.
  const KnownNodes& nodes() const { return nodes_; }

  /// When decided() may have something to say.
  std::optional<Instant> wake_at() const;

 private:
  std::string named_;
  std::string service_;
  Millis timeout_;
  KnownNodes nodes_;
  std::optional<Instant> connected_at_;
};

}  // namespace sensors::sensorctl

// NodeChoice finds the one node that a command is about, when the command line does not name it: the one whose service
// has a status at the broker. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "services/sensorctl/session.hpp"

namespace sensors::sensorctl {

class NodeChoice {
 public:
  /// Retained messages come at once after the subscription; so long a further node may show up.
  static constexpr Millis settle_time{150};

  /// More are not told apart.
  static constexpr std::size_t most_nodes = 100;

  NodeChoice(const Session& session, std::string service);

  void connected(Instant now);

  /// The node has a status of the service.
  void heard(std::string_view node);

  /// The node, once it is clear. not_found when there is none in the session's timeout; invalid when there are several.
  std::optional<Result<std::string>> decided(Instant now) const;

  /// When decided() may have something to say.
  std::optional<Instant> wake_at() const;

 private:
  std::string named_;
  std::string service_;
  Millis timeout_;
  std::set<std::string, std::less<>> seen_;  // at most `most_nodes`
  std::optional<Instant> connected_at_;
};

}  // namespace sensors::sensorctl

// Prometheus is Debian's, scraping one target twice a second.
#pragma once

#include <optional>
#include <string>

#include "tests/peers/peer_process.hpp"

namespace sensors::rig {

class Prometheus : public PeerProcess {
 public:
  /// `target`: the port of what it scrapes, at /metrics, as the job "sensors".
  Prometheus(const TempDir& folder, std::uint16_t target);

  /// Starts it and waits until it answers queries; RigError when it does not in 30 s.
  void start();

  /// The value that a PromQL expression has now; nothing when it has none, or not one only.
  std::optional<double> value_of(const std::string& expression) const;

 private:
  Prometheus(const TempDir& folder, std::uint16_t target, std::uint16_t port);

  const TempDir& folder_;
};

}  // namespace sensors::rig

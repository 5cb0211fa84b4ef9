// VictoriaMetrics is Debian's, one node, which takes what it is sent twice for one (-dedup.minScrapeInterval=1ms).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tests/peers/peer_process.hpp"
#include "tests/peers/points.hpp"

namespace sensors::rig {

class VictoriaMetrics : public PeerProcess {
 public:
  /// `retention`: samples older than that it drops, and says nothing.
  explicit VictoriaMetrics(const TempDir& folder, const std::string& retention = "100y");

  std::string write_url() const { return url("/write"); }

  /// The series that `selector` chooses, each {"metric":{...},"values":[...],"timestamps":[...]}. What it has taken can
  /// be read some seconds later.
  std::vector<nlohmann::json> series(const std::string& selector) const;

  /// The numbers that it has of our readings, in milliseconds; the same delay.
  Points points() const;

 private:
  VictoriaMetrics(const TempDir& folder, const std::string& retention, std::uint16_t port);

  const TempDir& folder_;
};

}  // namespace sensors::rig

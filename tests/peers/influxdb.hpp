// InfluxDb is Debian's InfluxDB 1, with a database "sensors".
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tests/peers/peer_process.hpp"
#include "tests/peers/points.hpp"

namespace sensors::rig {

class InfluxDb : public PeerProcess {
 public:
  explicit InfluxDb(const TempDir& folder);

  /// Starts it; the first time it makes the database.
  void start();

  /// Where line protocol goes.
  std::string write_url() const { return url("/write?db=sensors"); }

  /// The rows of an InfluxQL query, each an array as `SELECT` has it, times in nanoseconds; RigError when it is
  /// refused.
  nlohmann::json query(const std::string& text) const;

  /// Writes lines of line protocol itself; RigError when they are refused.
  void write(const std::string& lines) const;

  /// All numbers that it has of our readings.
  Points points() const;

 private:
  InfluxDb(const TempDir& folder, std::uint16_t port);

  const TempDir& folder_;
};

}  // namespace sensors::rig

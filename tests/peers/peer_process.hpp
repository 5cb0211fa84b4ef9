// PeerProcess is a server of Debian's that we deliver to or are asked by: its own program, on a port of the loopback
// interface, with its data in the test's folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/rig/process.hpp"
#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {

class PeerProcess {
 public:
  /// Starts nothing yet. `command`: the program's name and its arguments.
  PeerProcess(const TempDir& folder, std::vector<std::string> command, std::uint16_t port);

  /// Starts it and waits until it accepts connections; RigError when it does not in 30 s.
  void start();

  /// SIGTERM; false when it had to be killed after 30 s.
  bool stop() { return process_.stop(Millis{30'000}).has_value(); }
  void kill() { process_.kill(); }

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& target) const { return "http://127.0.0.1:" + std::to_string(port_) + target; }

 private:
  std::uint16_t port_;
  Process process_;
};

}  // namespace sensors::rig

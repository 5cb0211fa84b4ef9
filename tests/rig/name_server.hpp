// NameServer is the resolver of a PrivateWorld: it answers every name with 127.0.0.1, or not at all.
// Threads: one of its own answers; every function may be called from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {

class NameServer {
 public:
  /// Listens on port 53 of the private network's loopback, and makes it the only resolver of this world: `folder` holds
  /// the resolv.conf that is mounted over the machine's. RigError when that cannot be done.
  explicit NameServer(const TempDir& folder);
  ~NameServer();

  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  /// Takes every question and answers none.
  void be_silent(bool silent) { silent_ = silent; }

  std::uint64_t questions() const { return questions_; }

 private:
  void run();

  int socket_;
  std::atomic<bool> silent_ = false;
  std::atomic<bool> ends_ = false;
  std::atomic<std::uint64_t> questions_ = 0;
  std::thread thread_;
};

}  // namespace sensors::rig

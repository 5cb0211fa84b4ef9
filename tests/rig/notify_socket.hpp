// NotifySocket stands in for systemd: it receives what a service says with sd_notify.
#pragma once

#include <string>

#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {

class NotifySocket {
 public:
  /// A datagram socket in `folder`.
  explicit NotifySocket(const TempDir& folder);
  ~NotifySocket();

  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  const std::string& path() const { return path_; }

  /// Receives what has come since the last call.
  void receive();

  bool ready() const { return ready_; }
  int pings() const { return pings_; }
  const std::string& status() const { return status_; }

 private:
  void take(const std::string& line);

  std::string path_;
  int socket_;
  bool ready_ = false;
  int pings_ = 0;
  std::string status_;
};

}  // namespace sensors::rig

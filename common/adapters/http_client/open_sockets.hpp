// OpenSockets knows the sockets that curl has open, and what waits on one: curl does not name the socket of a request
// under way, only its local port. Private to the client, on its thread.
#pragma once

#include <set>

namespace sensors {

class OpenSockets {
 public:
  /// Opens and closes the sockets of the curl handle `easy` from now on. Must outlive the connections that are made for
  /// it.
  void watch(void* easy);

  /// -1: none has this local port.
  int with_local_port(int port) const;

  bool has(int socket) const { return sockets_.contains(socket); }

 private:
  std::set<int> sockets_;
};

/// Whether a read would not wait: bytes, the end or an error are there. False for -1.
bool has_input(int socket);

/// Whether bytes can be read. False for -1.
bool has_bytes(int socket);

/// Whether the peer's TCP has not acknowledged all that was sent. False for -1.
bool has_unacknowledged(int socket);

}  // namespace sensors

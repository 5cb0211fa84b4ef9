// Why a broker cannot be reached, told apart: Paho says "failure" for a name that does not resolve, a refused and a
// silent connection alike, and its own look-up of a name blocks for as long as the resolver likes. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

struct SocketAddress {
  sockaddr_storage address{};
  socklen_t size = 0;
};

class NameResolver {
 public:
  /// The addresses of `host`:`port`; at once for a numeric one. unresolved; timeout when the resolver does not answer
  /// in `deadline`; disconnected when `stopped` came true. A look-up that hangs is left behind on a thread of its own,
  /// and no second one is started before it has come back. Errors say that `host_key` has the name.
  Result<std::vector<SocketAddress>> resolve(const std::string& host, int port, Millis deadline,
                                             const std::string& host_key, const std::function<bool()>& stopped);

 private:
  struct Lookup;
  std::shared_ptr<Lookup> lookup_;  // owned with the thread, which may outlive this
};

/// Whether a TCP connection to one of `addresses` can be made: refused, timeout, or disconnected (no route) when not.
Result<void> try_tcp(const std::vector<SocketAddress>& addresses, Millis deadline);

}  // namespace sensors

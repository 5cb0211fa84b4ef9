// A load of HTTP requests on one server on the loopback interface: so many connections that are kept open, each with
// one request after the other. Blocking; a thread for each connection.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/core/time.hpp"

namespace sensors::bench {

struct LoadResult {
  double seconds = 0;
  std::vector<double> latencies_ms;  // of the answers with the status that was wanted
  std::uint64_t others = 0;          // answers with another status, and connections that ended
  std::string other;                 // one of them: status and body

  double per_second() const { return seconds > 0 ? static_cast<double>(latencies_ms.size()) / seconds : 0; }
};

/// `request_of(connection, number)` is the whole of a request, as it is sent. Ends after `time`, with the answers that
/// are under way. RigError when nobody listens.
LoadResult load_http(std::uint16_t port, int connections, Millis time, int wanted_status,
                     const std::function<std::string(int, int)>& request_of);

}  // namespace sensors::bench

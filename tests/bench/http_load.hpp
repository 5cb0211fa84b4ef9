// A load of HTTP requests on one server on the loopback interface, made by wrk: so many connections that are kept open,
// each with one request after the other.
#pragma once

#include <cstdint>
#include <string>

#include "common/core/time.hpp"
#include "tests/rig/temp_dir.hpp"

namespace sensors::bench {

struct HttpLoad {
  std::string target;  // path and query
  int connections = 1;
  int rows = 0;  // of each POST; 0: GET
};

struct LoadResult {
  double per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

/// Blocks for `time`, at least 1 s, in whole seconds. RigError when wrk cannot run, or a request was not answered with
/// 200, or 201 for a POST. Its log goes to `folder`.
LoadResult load_http(const rig::TempDir& folder, std::uint16_t port, const HttpLoad& load, Millis time);

}  // namespace sensors::bench

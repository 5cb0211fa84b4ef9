// The file in which a service keeps its last runs under each name that its machine had. Start-up, one thread.
#pragma once

#include <string>
#include <vector>

#include "common/core/service_run.hpp"

namespace sensors {

struct NotedRun {
  std::vector<ServiceRun> former;  // under other names
  std::string problem;             // why the file could not be read or written; empty: it was
};

/// Puts `run` into the file `path`. One that cannot be read is replaced. Blocks on the disk.
NotedRun note_run(const std::string& path, const ServiceRun& run);

/// note_run(), with a warning where there was a problem.
std::vector<ServiceRun> former_runs(const std::string& path, const ServiceRun& run);

}  // namespace sensors

// Under which names this machine's service ran before. Start-up, one thread.
#pragma once

#include <string>
#include <vector>

#include "common/core/service_run.hpp"

namespace sensors {

/// The earlier runs under other names, of the file `path`, which notes `run` too. Without the file, and a warning,
/// there are none. Blocks on the disk.
std::vector<ServiceRun> former_runs(const std::string& path, const ServiceRun& run);

}  // namespace sensors

#include "common/service/former_runs.hpp"

#include <utility>

#include "common/runtime/log.hpp"
#include "common/runtime/run_file.hpp"

namespace sensors {

std::vector<ServiceRun> former_runs(const std::string& path, const ServiceRun& run) {
  NotedRun noted = note_run(path, run);
  if (!noted.problem.empty())
    log(LogLevel::warning,
        noted.problem + "; after a rename, what this service said under a former name may be shown on");
  return std::move(noted.former);
}

}  // namespace sensors

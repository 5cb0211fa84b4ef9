#include "common/runtime/run_file.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/runtime/log.hpp"
#include "common/runtime/small_file.hpp"

namespace sensors {

namespace {

constexpr std::size_t largest_bytes = 64 * 1024;  // more than it ever holds

Result<std::vector<ServiceRun>> read_runs(const std::string& path) {
  const Result<SmallFile> file = read_small_file(path, largest_bytes);
  if (!file.has_value() && file.error().code == ErrorCode::not_found) return std::vector<ServiceRun>{};
  TRY(file);
  Result<std::vector<ServiceRun>> runs = decode_runs(file->text);
  if (!runs.has_value()) return fail(runs.error().code, path + ": " + runs.error().message);
  return runs;
}

}  // namespace

NotedRun note_run(const std::string& path, const ServiceRun& run) {
  NotedRun noted;
  Result<std::vector<ServiceRun>> known = read_runs(path);
  if (!known.has_value()) noted.problem = known.error().message;
  const std::vector<ServiceRun> runs = with_run(known.has_value() ? std::move(*known) : std::vector<ServiceRun>{}, run);
  std::copy_if(runs.begin(), runs.end(), std::back_inserter(noted.former),
               [&](const ServiceRun& each) { return each.node != run.node; });
  if (const Result<void> saved = replace_file(path, encode_runs(runs)); !saved.has_value())
    noted.problem = saved.error().message;
  return noted;
}

std::vector<ServiceRun> former_runs(const std::string& path, const ServiceRun& run) {
  NotedRun noted = note_run(path, run);
  if (!noted.problem.empty())
    log(LogLevel::warning,
        noted.problem + "; after a rename, what this service said under a former name may be shown on");
  return std::move(noted.former);
}

}  // namespace sensors

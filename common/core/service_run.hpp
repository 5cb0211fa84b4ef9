// ServiceRun is a run of a service as its statuses name it. A service keeps the last ones under each name that its
// machine had, by which it knows what it left at the broker: the very last may have ended before it came to the broker.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/core/result.hpp"

namespace sensors {

struct ServiceRun {
  std::string node;
  std::string instance;  // random, of its process
  bool operator==(const ServiceRun&) const = default;
};

inline constexpr std::size_t most_run_nodes = 8;
inline constexpr std::size_t most_runs_of_node = 16;

/// `runs` with `run` behind them: of each node the newest most_runs_of_node, of the nodes the most_run_nodes that had a
/// run last.
std::vector<ServiceRun> with_run(std::vector<ServiceRun> runs, ServiceRun run);

/// "NODE INSTANCE", one a line, the newest last.
std::string encode_runs(const std::vector<ServiceRun>& runs);

/// ErrorCode::corrupt for anything that encode_runs() cannot have written.
Result<std::vector<ServiceRun>> decode_runs(std::string_view text);

}  // namespace sensors

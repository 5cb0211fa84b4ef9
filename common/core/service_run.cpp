#include "common/core/service_run.hpp"

#include <algorithm>
#include <utility>

#include "common/core/reading.hpp"

namespace sensors {

namespace {

void drop_oldest_of(std::vector<ServiceRun>& runs, const std::string& node) {
  runs.erase(std::find_if(runs.begin(), runs.end(), [&](const ServiceRun& run) { return run.node == node; }));
}

/// That had a run last, newest first.
std::vector<std::string> nodes_of(const std::vector<ServiceRun>& runs) {
  std::vector<std::string> nodes;
  std::for_each(runs.rbegin(), runs.rend(), [&](const ServiceRun& run) {
    if (std::find(nodes.begin(), nodes.end(), run.node) == nodes.end()) nodes.push_back(run.node);
  });
  return nodes;
}

}  // namespace

std::vector<ServiceRun> with_run(std::vector<ServiceRun> runs, ServiceRun run) {
  const std::string node = run.node;
  runs.push_back(std::move(run));
  const auto of_node =
      std::count_if(runs.begin(), runs.end(), [&](const ServiceRun& each) { return each.node == node; });
  if (of_node > static_cast<std::ptrdiff_t>(most_runs_of_node)) drop_oldest_of(runs, node);
  if (const std::vector<std::string> nodes = nodes_of(runs); nodes.size() > most_run_nodes)
    std::erase_if(runs, [&](const ServiceRun& each) { return each.node == nodes.back(); });
  return runs;
}

std::string encode_runs(const std::vector<ServiceRun>& runs) {
  std::string text;
  for (const ServiceRun& run : runs) text += run.node + " " + run.instance + "\n";
  return text;
}

Result<std::vector<ServiceRun>> decode_runs(std::string_view text) {
  std::vector<ServiceRun> runs;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view node = line.substr(0, space);
    const std::string_view instance = line.substr(std::min(space + 1, line.size()));
    if (end == std::string_view::npos || !is_name(node) || !is_name(instance) ||
        runs.size() == most_run_nodes * most_runs_of_node)
      return fail(ErrorCode::corrupt, "is no list of nodes and instances");
    runs.push_back({std::string(node), std::string(instance)});
    text.remove_prefix(end + 1);
  }
  return runs;
}

}  // namespace sensors

#include "tests/rig/process_stats.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace sensors::rig {

namespace {

std::ifstream open(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  return file;
}

/// Sum of the numbers behind the keys that begin with `prefix`, in a file of lines "key: number ...".
std::uint64_t sum_of(const std::string& path, const std::string& prefix) {
  std::ifstream file = open(path);
  std::uint64_t sum = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(prefix, 0) == 0) sum += std::stoull(line.substr(line.find(':') + 1));
  }
  return sum;
}

/// proc(5): fields 14 and 15 of stat, behind the name in parentheses.
double cpu_seconds(const std::string& folder) {
  std::string line;
  std::ifstream file = open(folder + "/stat");
  std::getline(file, line);
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

ProcessStats read_process_stats(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  ProcessStats stats;
  stats.resident_mb = static_cast<double>(sum_of(folder + "/smaps_rollup", "Rss")) / 1024;
  stats.private_mb = static_cast<double>(sum_of(folder + "/smaps_rollup", "Private_C") +
                                         sum_of(folder + "/smaps_rollup", "Private_D")) /
                     1024;
  stats.cpu_seconds = cpu_seconds(folder);
  stats.bytes_written = sum_of(folder + "/io", "write_bytes");
  for (const auto& thread : std::filesystem::directory_iterator(folder + "/task")) {
    stats.wake_ups += sum_of(thread.path().string() + "/status", "voluntary_ctxt_switches");
  }
  return stats;
}

}  // namespace sensors::rig

#include "common/adapters/sqlite/storage_of_file.hpp"

#include <filesystem>

#include "common/core/storage.hpp"
#include "common/runtime/proc_text.hpp"

namespace sensors {

std::string risk_of_file(const std::string& path) {
  const std::string mountinfo = proc_text("/proc/self/mountinfo");
  std::error_code failed;
  const std::filesystem::path whole = std::filesystem::weakly_canonical(path, failed);
  if (failed) return {};
  const std::uint64_t names =
      std::filesystem::hard_link_count(whole, failed);  // the largest number where it is not there
  const std::string risk = storage_risk(mountinfo, whole.string(), failed ? 0 : names);
  return risk.empty() ? risk : path + " " + risk;
}

}  // namespace sensors

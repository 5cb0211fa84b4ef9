#include "services/sensorctl/machine/machine_files.hpp"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>

#include "common/core/storage.hpp"
#include "common/runtime/small_file.hpp"
#include "services/sensorctl/doctor/kernel_text.hpp"

namespace sensors::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_bytes = 64 * 1024;
const std::string cgroups = "/sys/fs/cgroup";

std::string process_file(std::uint32_t pid, const char* name) { return "/proc/" + std::to_string(pid) + "/" + name; }

/// `text`, or nothing when there is no such file.
Result<std::string> or_empty(Result<std::string> text) {
  if (!text.has_value() && text.error().code == ErrorCode::not_found) return std::string();
  return text;
}

}  // namespace

Result<std::string> MachineFiles::read(const std::string& path) const {
  TRY_ASSIGN(SmallFile file, read_small_file(root_ + path, most_bytes));
  return std::move(file.text);
}

bool MachineFiles::exists(const std::string& path) const {
  std::error_code failed;
  return fs::exists(root_ + path, failed) || failed == std::errc::permission_denied;
}

Result<char> MachineFiles::process_state(std::uint32_t pid) const {
  TRY_ASSIGN(const std::string stat, read(process_file(pid, "stat")));
  return doctor::process_state(stat);
}

Result<OpenFiles> MachineFiles::open_files(std::uint32_t pid) const {
  TRY_ASSIGN(const std::string limits, read(process_file(pid, "limits")));
  TRY_ASSIGN(const std::uint64_t limit, open_files_limit(limits));
  std::error_code error;
  const std::string folder = root_ + process_file(pid, "fd");
  const fs::directory_iterator files(folder, error);
  if (error) {
    const bool denied = error == std::errc::permission_denied || error == std::errc::operation_not_permitted;
    return fail(denied ? ErrorCode::permission : ErrorCode::io, folder + ": " + error.message());
  }
  return OpenFiles{static_cast<std::uint64_t>(std::distance(begin(files), end(files))), limit};
}

Result<std::int64_t> MachineFiles::oom_score_adjust(std::uint32_t pid) const {
  TRY_ASSIGN(const std::string text, read(process_file(pid, "oom_score_adj")));
  return doctor::oom_score_adjust(text);
}

Result<std::optional<std::uint64_t>> MachineFiles::limit_of(const std::string& path) const {
  const Result<std::string> text = read(path);
  if (text.has_value()) return cgroup_limit(*text);
  if (text.error().code == ErrorCode::not_found) return std::optional<std::uint64_t>{};  // its controller is off
  return tl::unexpected<Error>(text.error());
}

/// `path` without its end: version 2 has both numbers in one file, version 1 in two.
Result<std::optional<std::uint64_t>> MachineFiles::cpu_limit_of(const std::string& path) const {
  Result<std::string> text = or_empty(read(path + "cpu.max"));
  if (text.has_value() && text->empty()) {
    const Result<std::string> quota = or_empty(read(path + "cpu.cfs_quota_us"));
    const Result<std::string> period = or_empty(read(path + "cpu.cfs_period_us"));
    if (!quota.has_value() || quota->empty() || !period.has_value()) return std::optional<std::uint64_t>{};
    text = *quota + " " + *period;
  }
  TRY(text);
  return cgroup_cpu_limit(*text);
}

/// A limit that is none is a number here, as in UnitState: no file is something else.
Result<std::optional<std::uint64_t>> MachineFiles::limit_if_shown(const std::string& path) const {
  if (!exists(path)) return std::optional<std::uint64_t>{};
  TRY_ASSIGN(const std::optional<std::uint64_t> limit, limit_of(path));
  return std::optional<std::uint64_t>(limit.value_or(UnitState::no_limit));
}

Result<std::optional<std::uint64_t>> MachineFiles::weight_if_shown(const std::string& path) const {
  TRY_ASSIGN(const std::string text, or_empty(read(path)));
  if (text.empty()) return std::optional<std::uint64_t>{};
  TRY_ASSIGN(const std::uint64_t weight, cgroup_weight(text));
  return std::optional<std::uint64_t>(weight);
}

Result<LimitsInForce> MachineFiles::limits(const std::string& path) const {
  const bool is_version_2 = exists(cgroups + "/cgroup.controllers");
  const auto in = [&](const char* controller) {
    return cgroups + (is_version_2 ? "" : std::string("/") + controller) + path + "/";
  };
  if (path.empty() || !exists(in("pids") + "cgroup.procs")) {
    return fail(ErrorCode::not_found, in("pids") + ": there is no such control group");
  }
  LimitsInForce limits;
  TRY_ASSIGN(limits.memory_max, limit_of(in("memory") + (is_version_2 ? "memory.max" : "memory.limit_in_bytes")));
  TRY_ASSIGN(limits.tasks_max, limit_of(in("pids") + "pids.max"));
  TRY_ASSIGN(limits.cpu_us_per_s, cpu_limit_of(in("cpu")));
  // Names of version 2 only.
  TRY_ASSIGN(limits.memory_high, limit_if_shown(in("memory") + "memory.high"));
  TRY_ASSIGN(limits.swap_max, limit_if_shown(in("memory") + "memory.swap.max"));
  TRY_ASSIGN(limits.cpu_weight, weight_if_shown(in("cpu") + "cpu.weight"));
  TRY_ASSIGN(limits.io_weight, weight_if_shown(in("blkio") + "io.weight"));
  return limits;
}

Result<bool> MachineFiles::memory_cgroup() const {
  const Result<std::string> controllers = read(cgroups + "/cgroup.controllers");
  if (controllers.has_value()) return names_memory(*controllers);
  TRY_ASSIGN(const std::string version_1, read("/proc/cgroups"));
  return enables_memory(version_1);
}

Result<std::string> MachineFiles::mounts() const {
  Result<std::string> mounts = read("/proc/1/mountinfo");
  return mounts.has_value() ? mounts : read("/proc/self/mountinfo");
}

Result<bool> MachineFiles::is_read_only(const std::string& path) const {
  TRY_ASSIGN(const std::string mounted, mounts());
  return is_mounted_read_only(mounted, path);
}

/// A folder that is not there yet will be on the file system of the nearest one that is.
Result<std::string> MachineFiles::storage_risk(const std::string& path) const {
  TRY_ASSIGN(const std::string mounted, mounts());
  std::error_code failed;
  const fs::path whole = root_.empty() ? fs::weakly_canonical(path, failed) : fs::path(path);
  return sensors::storage_risk(mounted, failed ? path : whole.string());
}

Result<DiskSpace> MachineFiles::space(const std::string& path) const {
  struct statvfs status {};
  if (::statvfs((root_ + path).c_str(), &status) != 0) {
    return fail(errno == ENOENT ? ErrorCode::not_found : ErrorCode::io, path + ": " + std::strerror(errno));
  }
  const double inodes =
      status.f_files == 0 ? 1 : static_cast<double>(status.f_favail) / static_cast<double>(status.f_files);
  return DiskSpace{status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize, inodes};
}

Result<std::optional<PowerFacts>> MachineFiles::power() const {
  const Result<std::string> throttled = read("/sys/devices/platform/soc/soc:firmware/get_throttled");
  if (!throttled.has_value() && throttled.error().code == ErrorCode::not_found) return power_from_voltage_sensor();
  TRY(throttled);
  TRY_ASSIGN(const PowerFacts power, power_of(*throttled));
  return std::optional<PowerFacts>(power);
}

/// Kernels that have no get_throttled have the driver raspberrypi-hwmon, which knows under-voltage only.
Result<std::optional<PowerFacts>> MachineFiles::power_from_voltage_sensor() const {
  std::error_code ignored;
  for (const fs::directory_entry& chip : fs::directory_iterator(root_ + "/sys/class/hwmon", ignored)) {
    const std::string folder = "/sys/class/hwmon/" + chip.path().filename().string();
    const Result<std::string> name = read(folder + "/name");
    if (!name.has_value() || !name->starts_with("rpi_volt")) continue;
    TRY_ASSIGN(const std::string alarm, read(folder + "/in0_lcrit_alarm"));
    PowerFacts power;
    power.under_voltage = alarm.starts_with('1');
    return std::optional<PowerFacts>(power);
  }
  return std::optional<PowerFacts>{};
}

Result<bool> MachineFiles::default_route() const {
  TRY_ASSIGN(const std::string route, read("/proc/net/route"));
  TRY_ASSIGN(const std::string ipv6_route, or_empty(read("/proc/net/ipv6_route")));
  return has_default_route(route, ipv6_route);
}

}  // namespace sensors::doctor

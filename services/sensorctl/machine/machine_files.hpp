// MachineFiles reads what the kernel tells about processes, control groups, disks, power and network from its files.
// Any thread; each call may block as a read of a file may.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/core/result.hpp"
#include "services/sensorctl/doctor/facts.hpp"

namespace sensors::doctor {

class MachineFiles {
 public:
  /// `root` stands before each path: empty on a real machine, a folder in tests.
  explicit MachineFiles(std::string root) : root_(std::move(root)) {}

  Result<char> process_state(std::uint32_t pid) const;
  Result<OpenFiles> open_files(std::uint32_t pid) const;
  Result<std::int64_t> oom_score_adjust(std::uint32_t pid) const;

  /// Of the control group at `path`, below where they are mounted; version 2, else version 1.
  Result<LimitsInForce> limits(const std::string& path) const;
  Result<bool> memory_cgroup() const;

  /// As the first process sees it, not this one, which a unit's ProtectSystem= may have put into a world of its own.
  Result<bool> is_read_only(const std::string& path) const;

  /// storage_risk(), likewise.
  Result<std::string> storage_risk(const std::string& path) const;
  Result<DiskSpace> space(const std::string& path) const;

  /// Nothing where there is no Raspberry Pi's firmware.
  Result<std::optional<PowerFacts>> power() const;
  Result<bool> default_route() const;

  /// Also where this user may not look: what cannot be seen is not said to be missing.
  bool exists(const std::string& path) const;

  /// As read_small_file(), at most 64 KiB.
  Result<std::string> read(const std::string& path) const;

 private:
  Result<std::string> mounts() const;
  Result<std::optional<PowerFacts>> power_from_voltage_sensor() const;
  Result<std::optional<std::uint64_t>> limit_of(const std::string& path) const;
  Result<std::optional<std::uint64_t>> cpu_limit_of(const std::string& path) const;
  Result<std::optional<std::uint64_t>> limit_if_shown(const std::string& path) const;
  Result<std::optional<std::uint64_t>> weight_if_shown(const std::string& path) const;

  std::string root_;
};

}  // namespace sensors::doctor

// What a test spoils inside a service without touching the machine: its disk and its wall clock, through libraries that
// are loaded into it (preload/*.cpp). Both work without any rights.
#pragma once

#include <string>
#include <vector>

#include "common/core/time.hpp"
#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {

/// "LD_PRELOAD=..." of both libraries, for a service's environment.
std::string preload_variable();

/// Fails calls on files whose path contains a text.
class DiskFaults {
 public:
  explicit DiskFaults(const TempDir& folder);

  /// For the services that are to obey.
  std::string environment() const { return "SENSOR_DISK_FAULTS=" + path_; }

  /// From now on, `calls` (sync, write or all) on files with `part` in their path fail with `error`: EIO, ENOSPC,
  /// EROFS; or hang until clear(): STALL. In addition to what fails already.
  void add(const std::string& calls, const std::string& error, const std::string& part);
  void clear();

  /// Only what was added for `part`.
  void clear(const std::string& part);

 private:
  void write();

  std::string path_;
  std::vector<std::string> lines_;
};

/// The wall clock of the services.
class WallClock {
 public:
  explicit WallClock(const TempDir& folder);

  std::string environment() const { return "SENSOR_CLOCK=" + path_; }

  /// How far it goes ahead of the machine's; a change is a step.
  void set_offset(Millis offset);

  /// What the kernel says about it.
  void set_synchronised(bool synchronised);

 private:
  void put(std::size_t position, std::int64_t value) const;

  std::string path_;
};

}  // namespace sensors::rig

// HostDriver reads the machine itself: load, memory, disk space, CPU temperature, uptime. What a machine does not
// have (a container has no thermal zone) is left out. On its DriverWorker's thread.
#pragma once

#include <string>
#include <vector>

#include "services/sensor-publisher/drivers/driver.hpp"

namespace sensors {

struct HostOptions {
  std::string sysfs_root = "/sys";
  std::string proc_root = "/proc";
  std::vector<std::string> disks{"/"};  // paths whose file systems' free space is read
};

/// The sensor of a path's free space: "/" is "disk.root.free", "/var/lib" is "disk.var_lib.free". Two paths may have
/// one
/// ("/a/b" and "/a_b"), which the configuration refuses.
std::string disk_name(const std::string& path);

class HostDriver : public Driver {
 public:
  explicit HostDriver(HostOptions options) : options_(std::move(options)) {}

  /// load1, memory.available and memory.used (By), disk.<path>.free (By), cpu.temperature (Cel), uptime (s).
  DriverReport read(Millis deadline) override;

 private:
  HostOptions options_;
};

}  // namespace sensors

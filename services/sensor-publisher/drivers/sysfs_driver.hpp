// SysfsDriver is what the drivers of a class of the kernel's devices have in common: a round reads
// each device that is there. On its DriverWorker's thread.
#pragma once

#include <string>
#include <utility>

#include "services/sensor-publisher/drivers/driver.hpp"
#include "services/sensor-publisher/drivers/sysfs_devices.hpp"

namespace sensors {

struct SysfsOptions {
  std::string sysfs_root = "/sys";
  DeviceChoice choice{};
};

class SysfsDriver : public Driver {
 public:
  explicit SysfsDriver(SysfsDevices devices) : devices_(std::move(devices)) {}

  DriverReport read(Millis) override {
    DriverReport report;
    for (const SysfsDevice& device : devices_.scan(report.errors)) read_device(device, report);
    return report;
  }

 protected:
  /// Adds what the device's channels give, without the sensors that is_excluded().
  virtual void read_device(const SysfsDevice& device, DriverReport& report) = 0;

  bool is_excluded(const std::string& sensor) const { return devices_.is_excluded(sensor); }

 private:
  SysfsDevices devices_;
};

}  // namespace sensors

// HwmonDriver reads the kernel's hardware monitoring chips: temperatures, voltages, fans, currents, power.
// Sensors are "<chip>.<label>", or "<chip>.temp1" where there is no label. On its DriverWorker's thread.
#pragma once

#include <string>
#include <vector>

#include "services/sensor-publisher/drivers/driver.hpp"
#include "services/sensor-publisher/drivers/sysfs_devices.hpp"

namespace sensors {

struct HwmonOptions {
  std::string sysfs_root = "/sys";
  DeviceChoice choice{};
};

class HwmonDriver : public Driver {
 public:
  explicit HwmonDriver(const HwmonOptions& options);
  DriverReport read(Millis deadline) override;

 private:
  SysfsDevices devices_;
};

}  // namespace sensors

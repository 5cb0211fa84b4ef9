// HwmonDriver reads the kernel's hardware monitoring chips: temperatures, voltages, fans, currents, power.
// Sensors are "<chip>.<label>", or "<chip>.temp1" where there is no label. On its DriverWorker's thread.
#pragma once

#include "services/sensor-publisher/drivers/sysfs_driver.hpp"

namespace sensors {

struct HwmonOptions : SysfsOptions {};

class HwmonDriver : public SysfsDriver {
 public:
  explicit HwmonDriver(const HwmonOptions& options);

 private:
  void read_device(const SysfsDevice& device, DriverReport& report) override;
};

}  // namespace sensors

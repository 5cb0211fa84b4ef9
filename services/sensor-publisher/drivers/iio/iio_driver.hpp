// IioDriver reads the input channels of the kernel's Industrial I/O devices: BME280, BH1750, ADS1115, MPU6050, ...
// Sensors are "<device>.<quantity>", "bme280-1-0076.temperature". On its DriverWorker's thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "services/sensor-publisher/drivers/driver.hpp"
#include "services/sensor-publisher/drivers/sysfs_devices.hpp"

namespace sensors {

struct IioOptions {
  std::string sysfs_root = "/sys";
  DeviceChoice choice{};
};

class IioDriver : public Driver {
 public:
  explicit IioDriver(const IioOptions& options);
  DriverReport read(Millis deadline) override;

 private:
  SysfsDevices devices_;
};

}  // namespace sensors

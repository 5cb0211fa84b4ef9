// IioDriver reads the input channels of the kernel's Industrial I/O devices: BME280, BH1750, ADS1115, MPU6050, ...
// Sensors are "<device>.<quantity>", "bme280-1-0076.temperature". On its DriverWorker's thread.
#pragma once

#include "services/sensor-publisher/drivers/sysfs_driver.hpp"

namespace sensors {

struct IioOptions : SysfsOptions {};

class IioDriver : public SysfsDriver {
 public:
  explicit IioDriver(const IioOptions& options);

 private:
  void read_device(const SysfsDevice& device, DriverReport& report) override;
};

}  // namespace sensors

// OneWireDriver reads thermometers on a 1-Wire bus (DS18B20, DS18S20, DS1822, ...) through the kernel's w1_therm. A
// reading takes 0.75 s each. Sensors are "<id>.temperature" or a name of one's own. On its DriverWorker's thread.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "services/sensor-publisher/drivers/driver.hpp"

namespace sensors {

struct OneWireOptions {
  std::string sysfs_root = "/sys";
  std::vector<std::string> devices;          // ids, "28-0316a2795afd"; one that is missing is an error. Empty: all
  std::map<std::string, std::string> names;  // by id: the sensor's whole name
};

/// What a `w1_slave` file says, in degrees Celsius. corrupt: the CRC is wrong, or all is zero, as on a bus that is
/// shorted (whose CRC is right). malformed: no temperature in it.
Result<double> parse_w1_slave(std::string_view text, const std::string& id);

class OneWireDriver : public Driver {
 public:
  explicit OneWireDriver(OneWireOptions options);
  DriverReport read(Millis deadline) override;

 private:
  std::vector<std::string> present_ids(std::vector<Error>& errors);
  Result<double> read_thermometer(const std::string& id);

  OneWireOptions options_;
  std::filesystem::path folder_;
  std::map<std::string, double> last_;  // good readings, by id
};

}  // namespace sensors

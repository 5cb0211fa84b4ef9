// SysfsDevices finds the devices of one class folder and gives each a name that says the same device at each start.
// Owned by one driver, on its thread.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "services/sensor-publisher/drivers/device_name.hpp"

namespace sensors {

struct SysfsDevice {
  std::filesystem::path folder;
  std::string name;  // first part of its sensors' names
};

/// Which devices of a class are read, and what they are called.
struct DeviceChoice {
  std::vector<std::string> devices;          // by name, label, kind, address or entry; empty: all
  std::map<std::string, std::string> names;  // by the same: a name of one's own
  std::vector<std::string> exclude;          // globs of sensors ("nct6775*.fan*") that are not read
};

class SysfsDevices {
 public:
  /// Devices are the entries of `folder` that begin with `entry_prefix` ("iio:device").
  SysfsDevices(std::filesystem::path folder, std::string entry_prefix, DeviceChoice choice);

  /// Looks again. Adds ErrorCode::not_found for a wanted device that is not there and for one that was there before,
  /// and ErrorCode::invalid for two that would have one name: they get their entries' numbers in addition.
  std::vector<SysfsDevice> scan(std::vector<Error>& errors);

  /// Whether the sensor is one that is not to be read.
  bool is_excluded(const std::string& sensor) const;

 private:
  struct Found {
    DeviceIdentity identity;
    std::string name;
  };
  std::vector<Found> find(std::vector<Error>& errors) const;
  std::string name_of(const DeviceIdentity& identity) const;
  void part_namesakes(std::vector<Found>& found, std::vector<Error>& errors) const;
  void report_missing(const std::vector<Found>& found, std::vector<Error>& errors) const;

  std::filesystem::path folder_;
  std::string entry_prefix_;
  DeviceChoice choice_;
  std::vector<std::string> seen_;  // names of all devices ever seen
};

}  // namespace sensors

// SysfsDevices finds the devices of one class folder and gives each a name that stays, also when another device of
// the same kind comes or goes. Owned by one driver, on its thread.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/core/result.hpp"

namespace sensors {

struct SysfsDevice {
  std::filesystem::path folder;
  std::string name;  // first part of its sensors' names
};

class SysfsDevices {
 public:
  /// Devices are the entries of `folder` that begin with `entry_prefix` ("iio:device"). `wanted` restricts them to
  /// these, by device name, by bus address ("1-0076") or by entry; empty: all.
  SysfsDevices(std::filesystem::path folder, std::string entry_prefix, std::vector<std::string> wanted);

  /// Looks again. Adds ErrorCode::not_found for a wanted device that is not there and for one that was there before.
  std::vector<SysfsDevice> scan(std::vector<Error>& errors);

 private:
  struct Found {
    std::string entry;
    std::string base;     // what the device calls itself
    std::string address;  // on its bus; empty when sysfs does not say
    std::string key;      // the same after the device was plugged in again
  };
  std::vector<Found> find(std::vector<Error>& errors) const;
  const std::string& name_of(const Found& found, bool base_is_unique);
  void report_missing(const std::vector<Found>& found, std::vector<Error>& errors) const;

  std::filesystem::path folder_;
  std::string entry_prefix_;
  std::vector<std::string> wanted_;
  std::map<std::string, std::string> names_;  // by key; one for each device ever seen
};

}  // namespace sensors

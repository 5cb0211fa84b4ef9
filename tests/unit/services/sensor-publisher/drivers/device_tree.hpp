// DeviceTree is a folder that stands in for /sys or /proc, and what a test asks of a driver's report.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "services/sensor-publisher/drivers/driver.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sensors {

class DeviceTree {
 public:
  const std::string& root() const { return folder_.path(); }
  std::string path(const std::string& file) const { return folder_.path(file); }

  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(file)).parent_path());
    folder_.write(file, text);
  }
  void link(const std::string& target, const std::string& name) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::filesystem::create_directory_symlink(path(target), path(name));
  }
  void remove(const std::string& file) const { std::filesystem::remove_all(path(file)); }
  void rename(const std::string& from, const std::string& to) const { std::filesystem::rename(path(from), path(to)); }

 private:
  TemporaryFolder folder_;
};

inline const Sample* find_sample(const DriverReport& report, const std::string& sensor) {
  for (const Sample& sample : report.samples) {
    if (sample.sensor == sensor) return &sample;
  }
  return nullptr;
}

/// The number that `sensor` has in `report`; nothing when it is not there or in another unit.
inline std::optional<double> number_of(const DriverReport& report, const std::string& sensor, const std::string& unit) {
  const Sample* sample = find_sample(report, sensor);
  if (sample == nullptr || sample->unit != unit) return std::nullopt;
  return std::get<double>(sample->value);
}

inline bool has_error(const DriverReport& report, ErrorCode code, const std::string& part) {
  for (const Error& error : report.errors) {
    if (error.code == code && error.message.find(part) != std::string::npos) return true;
  }
  for (const BadLine& bad : report.bad_lines) {  // a program's end may have its last words
    if (bad.why.code == code && bad.why.message.find(part) != std::string::npos) return true;
  }
  for (const NoValue& no_value : report.no_values) {  // what patience, which is not in the driver, decides on
    if (no_value.error.code == code && no_value.error.message.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace sensors

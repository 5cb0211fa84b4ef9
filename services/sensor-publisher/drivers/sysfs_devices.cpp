// A device is known by its `label` or `name` file, and by the hardware behind it: the folder that its `device` link
// leads to (hwmon), or the one above its real folder, .../i2c-1/1-0076/iio:device0 (iio). That folder's name is its
// address on the bus, except where it only counts (disks, network cards): there a serial number stands in. What is
// below devices/virtual, such as a thermal zone, is of the machine itself and has no address.
#include "services/sensor-publisher/drivers/sysfs_devices.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "common/core/sensor_name.hpp"
#include "services/sensor-publisher/drivers/sysfs.hpp"

namespace sensors {

namespace {

namespace fs = std::filesystem;

/// The folder of the hardware behind a class entry; empty when there is no link to follow.
fs::path hardware_of(const fs::path& entry) {
  std::error_code error;
  const bool has_link = fs::is_symlink(entry / "device", error);
  if (!has_link && !fs::is_symlink(entry, error)) return {};
  const fs::path real = fs::canonical(has_link ? entry / "device" : entry, error);
  if (error) return {};
  return has_link ? real : real.parent_path();
}

std::string text_of(const fs::path& file) { return read_small_file(file).value_or(""); }

std::string address_of(const fs::path& hardware) {
  if (hardware.empty() || hardware.string().find("/devices/virtual/") != std::string::npos) return "";
  for (const char* file : {"wwid", "serial", "macaddress"}) {
    if (const std::string serial = text_of(hardware / file); !serial.empty()) return address_of_serial(serial);
  }
  return hardware.filename().string();
}

}  // namespace

SysfsDevices::SysfsDevices(fs::path folder, std::string entry_prefix, DeviceChoice choice)
    : folder_(std::move(folder)), entry_prefix_(std::move(entry_prefix)), choice_(std::move(choice)) {}

std::vector<SysfsDevice> SysfsDevices::scan(std::vector<Error>& errors) {
  std::vector<Found> found = find(errors);
  part_namesakes(found, errors);
  std::vector<SysfsDevice> devices;
  for (const Found& device : found) {
    devices.push_back({folder_ / device.identity.entry, device.name});
    if (std::find(seen_.begin(), seen_.end(), device.name) == seen_.end()) seen_.push_back(device.name);
  }
  report_missing(found, errors);
  return devices;
}

bool SysfsDevices::is_excluded(const std::string& sensor) const {
  return std::any_of(choice_.exclude.begin(), choice_.exclude.end(),
                     [&](const std::string& glob) { return fnmatch(glob.c_str(), sensor.c_str(), 0) == 0; });
}

std::vector<SysfsDevices::Found> SysfsDevices::find(std::vector<Error>& errors) const {
  std::vector<Found> found;
  const Result<std::vector<std::string>> entries = list_folder(folder_);
  if (!entries.has_value()) {
    errors.push_back(entries.error());
    return found;
  }
  for (const std::string& entry : *entries) {
    if (!entry.starts_with(entry_prefix_)) continue;
    const fs::path folder = folder_ / entry;
    Result<std::string> kind = read_small_file(folder / "name");
    if (!kind.has_value() || kind->empty()) kind = read_small_file(folder / "device/name");
    if (!kind.has_value() && kind.error().code != ErrorCode::not_found) errors.push_back(kind.error());
    if (std::error_code gone; !fs::is_directory(folder, gone)) continue;  // went away while we looked
    const DeviceIdentity identity{text_of(folder / "label"), kind.value_or(""), entry, address_of(hardware_of(folder))};
    const auto is_it = [&](const std::string& text) { return is_called(identity, text); };
    const bool is_wanted =
        choice_.devices.empty() || std::any_of(choice_.devices.begin(), choice_.devices.end(), is_it);
    if (is_wanted) found.push_back({identity, name_of(identity)});
  }
  return found;
}

std::string SysfsDevices::name_of(const DeviceIdentity& identity) const {
  for (const auto& [device, name] : choice_.names) {
    if (is_called(identity, device)) return name;
  }
  return device_name(identity);
}

/// First those that share a name of the owner's get back their own, then those that still share one their entry's
/// number.
void SysfsDevices::part_namesakes(std::vector<Found>& found, std::vector<Error>& errors) const {
  for (const bool is_first : {true, false}) {
    std::map<std::string, std::size_t> uses;
    for (const Found& device : found) ++uses[device.name];
    for (Found& device : found) {
      if (uses[device.name] == 1) continue;
      const std::string own = device_name(device.identity);
      const std::string shared =
          std::exchange(device.name, is_first ? own : readable_name(own + "-" + device.identity.entry));
      if (shared == device.name) continue;
      errors.push_back({ErrorCode::invalid, "device " + device.identity.entry + " would have the name of another, " +
                                                shared + "; it is called " + device.name +
                                                ", see 'names' and 'devices'"});
    }
  }
}

void SysfsDevices::report_missing(const std::vector<Found>& found, std::vector<Error>& errors) const {
  const auto report = [&](const std::string& name) {
    errors.push_back({ErrorCode::not_found, "device " + name + " is not in " + folder_.string() +
                                                "; check its wiring and its kernel driver"});
  };
  for (const std::string& name : choice_.devices) {
    const auto is_it = [&name](const Found& device) { return is_called(device.identity, name); };
    if (std::none_of(found.begin(), found.end(), is_it)) report(name);
  }
  if (!choice_.devices.empty()) return;
  for (const std::string& name : seen_) {
    const auto is_it = [&name](const Found& device) { return device.name == name; };
    if (std::none_of(found.begin(), found.end(), is_it)) report(name);
  }
}

}  // namespace sensors

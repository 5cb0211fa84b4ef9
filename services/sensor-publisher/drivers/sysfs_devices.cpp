// A device is named for its `label` or `name` file. When several share that name, each is named "<name>-<address>",
// where the address on its bus comes from the real path behind the class folder's link:
// .../i2c-1/1-0076/iio:device0 (iio) or the `device` link (hwmon).
#include "services/sensor-publisher/drivers/sysfs_devices.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "services/sensor-publisher/drivers/sysfs.hpp"

namespace sensors {

namespace {

namespace fs = std::filesystem;

/// The folder of the hardware behind a class entry; empty when there is no link to follow.
fs::path hardware_of(const fs::path& entry) {
  std::error_code error;
  fs::path hardware = fs::canonical(entry / "device", error);
  if (!error) return hardware;
  if (!fs::is_symlink(entry, error)) return {};
  hardware = fs::canonical(entry, error);
  return error ? fs::path{} : hardware.parent_path();
}

Result<std::string> own_name_of(const fs::path& entry) {
  Result<std::string> name;
  for (const char* file : {"label", "name", "device/name"}) {
    name = read_small_file(entry / file);
    if (name.has_value() && !name->empty()) return as_name(*name);
  }
  return name;
}

bool is_gone(const Error& error) { return error.code == ErrorCode::not_found; }

}  // namespace

SysfsDevices::SysfsDevices(fs::path folder, std::string entry_prefix, std::vector<std::string> wanted)
    : folder_(std::move(folder)), entry_prefix_(std::move(entry_prefix)), wanted_(std::move(wanted)) {}

std::vector<SysfsDevice> SysfsDevices::scan(std::vector<Error>& errors) {
  const std::vector<Found> found = find(errors);
  std::vector<SysfsDevice> devices;
  for (const Found& device : found) {
    const auto same =
        std::count_if(found.begin(), found.end(), [&](const Found& other) { return other.base == device.base; });
    devices.push_back({folder_ / device.entry, name_of(device, same == 1)});
  }
  report_missing(found, errors);
  return devices;
}

std::vector<SysfsDevices::Found> SysfsDevices::find(std::vector<Error>& errors) const {
  std::vector<Found> found;
  const Result<std::vector<std::string>> entries = list_folder(folder_);
  if (!entries.has_value()) {
    errors.push_back(entries.error());
    return found;
  }
  std::set<std::string> keys;
  for (const std::string& entry : *entries) {
    if (!entry.starts_with(entry_prefix_)) continue;
    const Result<std::string> base = own_name_of(folder_ / entry);
    if (!base.has_value() && !is_gone(base.error())) errors.push_back(base.error());
    if (std::error_code gone; !fs::is_directory(folder_ / entry, gone)) continue;  // went away while we looked
    const fs::path hardware = hardware_of(folder_ / entry);
    Found device{entry, base.has_value() ? *base : as_name(entry),
                 hardware.empty() ? "" : as_name(hardware.filename().string()), ""};
    device.key = hardware.string() + "|" + device.base;
    if (hardware.empty() || !keys.insert(device.key).second) device.key += "|" + entry;
    const bool is_wanted = wanted_.empty() || std::any_of(wanted_.begin(), wanted_.end(), [&](const std::string& name) {
                             return name == device.base || name == device.address || name == device.entry;
                           });
    if (is_wanted) found.push_back(std::move(device));
  }
  return found;
}

const std::string& SysfsDevices::name_of(const Found& found, bool base_is_unique) {
  const auto known = names_.find(found.key);
  if (known != names_.end()) return known->second;
  const auto is_taken = [&](const std::string& name) {
    return std::any_of(names_.begin(), names_.end(), [&](const auto& entry) { return entry.second == name; });
  };
  std::vector<std::string> candidates;
  if (base_is_unique) candidates.push_back(found.base);
  if (!found.address.empty()) candidates.push_back(as_name(found.base + "-" + found.address));
  candidates.push_back(as_name(found.base + "-" + found.entry));
  const auto free = std::find_if_not(candidates.begin(), candidates.end(), is_taken);
  const std::string& name = free == candidates.end() ? candidates.back() : *free;
  return names_.emplace(found.key, name).first->second;
}

void SysfsDevices::report_missing(const std::vector<Found>& found, std::vector<Error>& errors) const {
  const auto report = [&](const std::string& name) {
    errors.push_back({ErrorCode::not_found, "device " + name + " is not in " + folder_.string() +
                                                "; check its wiring and its kernel driver"});
  };
  for (const std::string& name : wanted_) {
    const bool is_there = std::any_of(found.begin(), found.end(), [&](const Found& device) {
      return name == device.base || name == device.address || name == device.entry;
    });
    if (!is_there) report(name);
  }
  if (!wanted_.empty()) return;
  for (const auto& known : names_) {
    const auto is_known = [&known](const Found& device) { return device.key == known.first; };
    if (std::none_of(found.begin(), found.end(), is_known)) report(known.second);
  }
}

}  // namespace sensors

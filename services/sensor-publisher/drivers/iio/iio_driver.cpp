#include "services/sensor-publisher/drivers/iio/iio_driver.hpp"

#include <algorithm>
#include <set>

#include "common/core/sensor_name.hpp"
#include "services/sensor-publisher/drivers/iio/iio_channel.hpp"
#include "services/sensor-publisher/drivers/sysfs.hpp"

namespace sensors {

namespace {

/// Offset or scale of `channel`, from the first of its files that is there; `otherwise` when none is.
Result<double> read_attribute(const SysfsDevice& device, const IioChannel& channel, std::string_view what,
                              double otherwise) {
  for (const std::string& file : channel.attribute_files(what)) {
    Result<double> number = read_number(device.folder / file);
    if (number.has_value() || number.error().code != ErrorCode::not_found) return number;
  }
  return otherwise;
}

Result<double> read_channel(const SysfsDevice& device, const std::string& file, const IioChannel& channel) {
  Result<double> number = read_number(device.folder / file);
  if (!number.has_value() || !channel.is_raw) return number;
  TRY_ASSIGN(const double offset, read_attribute(device, channel, "offset", 0));
  TRY_ASSIGN(const double scale, read_attribute(device, channel, "scale", 1));
  return (*number + offset) * scale;
}

}  // namespace

IioDriver::IioDriver(const IioOptions& options)
    : SysfsDriver({std::filesystem::path(options.sysfs_root) / "bus/iio/devices", "iio:device", options.choice}) {}

void IioDriver::read_device(const SysfsDevice& device, DriverReport& report) {
  const Result<std::vector<std::string>> files = list_folder(device.folder);
  if (!files.has_value()) {
    report.errors.push_back(files.error());
    return;
  }
  std::set<std::string> taken;  // sorted, "_input" comes before "_raw": a processed value wins over a raw one
  for (const std::string& file : *files) {
    const std::optional<IioChannel> channel = parse_iio_channel(file);
    if (!channel.has_value() || !taken.insert(channel->channel).second) continue;
    const std::string sensor = readable_name(device.name + "." + channel->name);
    if (is_excluded(sensor)) continue;
    Result<double> number = read_channel(device, file, *channel);
    if (number.has_value()) *number *= channel->factor;
    report.add(sensor, number, channel->unit);
  }
}

}  // namespace sensors

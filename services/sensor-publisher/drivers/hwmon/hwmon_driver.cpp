// Files and units are those of the kernel's Documentation/hwmon/sysfs-interface: <type><number>_input, with _label
// and _fault beside it.
#include "services/sensor-publisher/drivers/hwmon/hwmon_driver.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>

#include "common/core/sensor_name.hpp"
#include "services/sensor-publisher/drivers/sysfs.hpp"

namespace sensors {

namespace {

struct Quantity {
  std::string_view type;
  std::string_view unit;
  double factor;
};

constexpr std::array quantities{
    Quantity{"temp", "Cel", 1e-3},    // milli degC
    Quantity{"in", "V", 1e-3},        // mV
    Quantity{"fan", "/min", 1},       // revolutions per minute
    Quantity{"curr", "A", 1e-3},      // mA
    Quantity{"power", "W", 1e-6},     // uW
    Quantity{"energy", "J", 1e-6},    // uJ
    Quantity{"humidity", "%", 1e-3},  // milli percent
};

struct Channel {
  std::string name;  // "temp1"
  std::string file;  // "temp1_input"
  const Quantity* type;
};

/// Of "temp1_input", and of "power1_average", which some chips have instead.
std::optional<Channel> parse_channel(const std::string& file) {
  const std::size_t underscore = file.find('_');
  if (underscore == std::string::npos) return std::nullopt;
  const std::string suffix = file.substr(underscore);
  std::string name = file.substr(0, underscore);
  const std::string letters = name.substr(0, name.find_first_of("0123456789"));
  const auto type =
      std::find_if(quantities.begin(), quantities.end(), [&](const Quantity& t) { return t.type == letters; });
  if (type == quantities.end() || letters.size() == name.size()) return std::nullopt;
  if (suffix != "_input" && !(suffix == "_average" && letters == "power")) return std::nullopt;
  return Channel{std::move(name), file, &*type};
}

Result<double> read_channel(const SysfsDevice& chip, const Channel& channel) {
  const Result<double> fault = read_number(chip.folder / (channel.name + "_fault"));
  if (fault.has_value() && *fault != 0) {
    return fail(ErrorCode::corrupt,
                chip.name + "." + channel.name + ": the chip reports a fault; check the sensor's wiring");
  }
  Result<double> number = read_number(chip.folder / channel.file);
  if (number.has_value()) *number *= channel.type->factor;
  return number;
}

}  // namespace

HwmonDriver::HwmonDriver(const HwmonOptions& options)
    : SysfsDriver({std::filesystem::path(options.sysfs_root) / "class/hwmon", "hwmon", options.choice}) {}

void HwmonDriver::read_device(const SysfsDevice& chip, DriverReport& report) {
  const Result<std::vector<std::string>> files = list_folder(chip.folder);
  if (!files.has_value()) {
    report.errors.push_back(files.error());
    return;
  }
  std::vector<Channel> channels;
  std::vector<ChannelName> labels;
  std::set<std::string> seen;
  for (const std::string& file : *files) {
    std::optional<Channel> channel = parse_channel(file);
    if (!channel.has_value() || !seen.insert(channel->name).second) continue;
    labels.push_back({channel->name, read_small_file(chip.folder / (channel->name + "_label")).value_or("")});
    channels.push_back(std::move(*channel));
  }
  const std::vector<std::string> names = channel_names(labels);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::string sensor = readable_name(chip.name + "." + names[i]);
    if (is_excluded(sensor)) continue;
    report.add(sensor, read_channel(chip, channels[i]), std::string(channels[i].type->unit));
  }
}

}  // namespace sensors

// Files of sysfs and procfs as broken hardware or an unknown kernel may show them: one after the other, with "\n--\n"
// between them, they become the files that the drivers read.
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "services/sensor-publisher/drivers/device_name.hpp"
#include "services/sensor-publisher/drivers/host/host_driver.hpp"
#include "services/sensor-publisher/drivers/hwmon/hwmon_driver.hpp"
#include "services/sensor-publisher/drivers/iio/iio_channel.hpp"
#include "services/sensor-publisher/drivers/iio/iio_driver.hpp"
#include "services/sensor-publisher/drivers/onewire/onewire_driver.hpp"
#include "services/sensor-publisher/drivers/sysfs.hpp"
#include "services/sensor-publisher/logic/sample_filter.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view separator = "\n--\n";
constexpr std::array files{"proc/meminfo",
                           "proc/loadavg",
                           "proc/uptime",
                           "class/thermal/thermal_zone0/type",
                           "class/thermal/thermal_zone0/temp",
                           "class/hwmon/hwmon0/name",
                           "class/hwmon/hwmon0/temp1_label",
                           "class/hwmon/hwmon0/temp1_input",
                           "class/hwmon/hwmon0/temp1_fault",
                           "bus/iio/devices/iio:device0/name",
                           "bus/iio/devices/iio:device0/in_temp_raw",
                           "bus/iio/devices/iio:device0/in_temp_scale",
                           "bus/iio/devices/iio:device0/in_temp_offset",
                           "bus/w1/devices/28-0316a2795afd/w1_slave"};

/// A folder with the tree of devices, for the life of the process.
class DeviceTree {
 public:
  DeviceTree() {
    const fs::path memory("/dev/shm");  // where there is one: a disk makes this a hundred times slower
    std::string name = ((fs::exists(memory) ? memory : fs::temp_directory_path()) / "sensor-fuzz-XXXXXX").string();
    must(::mkdtemp(name.data()) != nullptr, "there is a temporary folder");
    root_ = name;
    for (const char* file : files) fs::create_directories((root_ / file).parent_path());
  }
  ~DeviceTree() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  DeviceTree(const DeviceTree&) = delete;
  DeviceTree& operator=(const DeviceTree&) = delete;

  void fill(std::string_view contents) {
    for (const char* file : files) {
      const std::size_t end = contents.find(separator);
      std::ofstream(root_ / file, std::ios::trunc) << contents.substr(0, end);
      contents.remove_prefix(end == std::string_view::npos ? contents.size() : end + separator.size());
    }
  }

  const fs::path& root() const { return root_; }

 private:
  fs::path root_;
};

void check(Driver&& driver) {
  SampleFilter filter;
  for (Sample& sample : driver.read(Millis{1'000}).samples) {
    const auto kept = filter.take(std::move(sample), Now{});
    if (taken(kept) && kept->has_value()) must(validate(**kept).has_value(), "a reading keeps the rules");
  }
}

}  // namespace

void run(std::string_view input) {
  static DeviceTree tree;
  tree.fill(input);
  const std::string root = tree.root().string();
  check(HostDriver({.sysfs_root = root, .proc_root = root + "/proc", .disks = {}}));
  check(HwmonDriver({{.sysfs_root = root}}));
  check(IioDriver({{.sysfs_root = root}}));
  check(OneWireDriver({.sysfs_root = root, .devices = {}, .names = {}}));

  static_cast<void>(taken(parse_number(input, "a file")));
  static_cast<void>(taken(parse_w1_slave(input, "28-0316a2795afd")));
  must(is_name(address_of_serial(input)), "a serial number gives a name");
  const std::size_t half = input.size() / 2;
  const DeviceIdentity device{"", std::string(input.substr(0, half)), "iio:device0", std::string(input.substr(half))};
  must(is_name(device_name(device)), "a device's name is a name");
  must(is_called(device, device_name(device)), "a device is found by its name");
  if (const std::optional<IioChannel> channel = parse_iio_channel(input); channel.has_value()) {
    must(!channel->attribute_files("scale").empty(), "a channel's scale has a place");
  }
}

}  // namespace sensors::fuzz

// DriverConfig is one [driver.NAME] table of the publisher's configuration: what to read, how often, and what is
// known about its sensors. README.md beside this file lists the keys.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "common/runtime/config_file.hpp"
#include "services/sensor-publisher/drivers/command/command_driver.hpp"
#include "services/sensor-publisher/drivers/host/host_driver.hpp"
#include "services/sensor-publisher/drivers/hwmon/hwmon_driver.hpp"
#include "services/sensor-publisher/drivers/iio/iio_driver.hpp"
#include "services/sensor-publisher/drivers/onewire/onewire_driver.hpp"
#include "services/sensor-publisher/drivers/replay/replay_driver.hpp"
#include "services/sensor-publisher/drivers/sensor_options.hpp"

namespace sensors {

struct DriverConfig {
  std::string name;

  /// Stands with a '.' before the name of each sensor; empty: nothing does.
  std::string prefix;

  /// Time between two reads; the publisher's own when absent. 1 ms .. 1 d.
  std::optional<Millis> interval;

  /// Longest wait of one read, for a driver that waits. A read that takes longer than this hangs. 10 ms .. 10 min.
  Millis deadline{5'000};

  SensorOptionsMap sensors;

  std::variant<HostOptions, IioOptions, HwmonOptions, OneWireOptions, CommandOptions, ReplayOptions> options;
};

/// Reads [driver.<name>]; mistakes are collected in the table's file.
DriverConfig read_driver_config(const std::string& name, ConfigTable table);

}  // namespace sensors

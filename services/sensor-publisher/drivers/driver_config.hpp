// DriverConfig is one [driver.NAME] table of the publisher's configuration: what to read, how often, and what is
// known about its sensors. sensor-publisher.toml lists the keys.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "common/runtime/config_file.hpp"
#include "common/runtime/files_check.hpp"
#include "services/sensor-publisher/drivers/command/command_driver.hpp"
#include "services/sensor-publisher/drivers/driver.hpp"
#include "services/sensor-publisher/drivers/host/host_driver.hpp"
#include "services/sensor-publisher/drivers/hwmon/hwmon_driver.hpp"
#include "services/sensor-publisher/drivers/iio/iio_driver.hpp"
#include "services/sensor-publisher/drivers/modbus/modbus_options.hpp"
#include "services/sensor-publisher/drivers/onewire/onewire_driver.hpp"
#include "services/sensor-publisher/drivers/replay/replay_driver.hpp"
#include "services/sensor-publisher/drivers/sensor_options.hpp"

namespace sensors {

struct DriverConfig {
  std::string name;

  /// Whether `type` is one that there is; `options` mean nothing without.
  bool has_type = false;

  /// Stands with a '.' before the name of each sensor; empty: nothing does.
  std::string prefix;

  /// Time between two reads; when absent the publisher's own, or none where a read waits for readings.
  std::optional<Millis> interval;

  /// A read that takes longer than this hangs; a driver's own waits end well before.
  Millis deadline{5'000};

  /// How long nothing may come of a channel whose reads fail before that is trouble.
  Millis patience{2 * 60'000};

  SensorOptionsMap sensors;

  std::variant<HostOptions, IioOptions, HwmonOptions, OneWireOptions, CommandOptions, ReplayOptions, ModbusOptions>
      options;
};

/// Reads [driver.<name>]; mistakes are collected in the table's file.
DriverConfig read_driver_config(const std::string& name, ConfigTable table);

/// Whether the program of a driver, or its file, is there; for --check-config, as both may come later.
void check_files(const DriverConfig& driver, FilesCheck& files);

/// What both drivers would read, under the same names; empty where that cannot be told before they run.
std::string what_both_read(const DriverConfig& one, const DriverConfig& other);

}  // namespace sensors

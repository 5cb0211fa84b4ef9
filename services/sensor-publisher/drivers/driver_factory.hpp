// Makes the driver that a configuration asks for.
#pragma once

#include <memory>

#include "services/sensor-publisher/drivers/driver.hpp"
#include "services/sensor-publisher/drivers/driver_config.hpp"

namespace sensors {

/// A driver whose sensors carry the configured prefix and whose errors begin with "driver <name>: ". Fails where the
/// driver cannot ever work: a replay's file. What can come and go (devices, programs) fails in read().
Result<std::unique_ptr<Driver>> make_driver(const DriverConfig& config);

}  // namespace sensors

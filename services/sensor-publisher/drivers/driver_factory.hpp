// make_driver() makes of a [driver.NAME] table the driver that it names. Start-up, one thread.
#pragma once

#include <memory>

#include "common/core/result.hpp"
#include "services/sensor-publisher/drivers/driver.hpp"
#include "services/sensor-publisher/drivers/driver_config.hpp"

namespace sensors {

/// A driver whose sensors carry the configured prefix. Fails, with the driver's name, where it cannot ever work: a
/// replay without its file. What can come and go (devices, programs) fails in read().
Result<std::unique_ptr<Driver>> make_driver(const DriverConfig& config);

}  // namespace sensors

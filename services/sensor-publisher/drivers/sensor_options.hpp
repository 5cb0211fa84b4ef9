// SensorOptions is what the configuration says about one sensor, whichever driver reads it. Plain value.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "common/core/time.hpp"

namespace sensors {

struct SensorOptions {
  /// Stands in for the unit that the driver gives; the value stays as it is.
  std::optional<std::string> unit;

  /// Numbers outside are refused and counted: a broken sensor, not a measurement. In the sensor's unit.
  std::optional<double> min;
  std::optional<double> max;

  /// A number that moved less than this since the last one that went out is noise, and suppressed. 0: all go out.
  double deadband = 0;

  /// A reading goes out at least this often, deadband or not, so that silence always means trouble.
  Millis deadband_max_age{5 * 60'000};

  /// How long nothing may come of it before it is silent, whatever its interval. 0: it never is.
  std::optional<Millis> silence;

  /// Readings that the publisher does not slow down under backpressure.
  bool critical = false;
};

/// By the name on the wire, the driver's prefix included.
using SensorOptionsMap = std::map<std::string, SensorOptions, std::less<>>;

}  // namespace sensors

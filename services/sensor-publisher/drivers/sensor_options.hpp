// SensorOptions is what the configuration says about one sensor, whichever driver reads it. Plain value.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/core/time.hpp"

namespace sensors {

/// What a sensor reads as `raw` is `value`.
struct CalibrationPoint {
  double raw;
  double value;
  bool operator==(const CalibrationPoint&) const = default;
};

/// What makes a true value of the number that a sensor gives: a straight line between points, or scale and offset.
struct Calibration {
  double scale = 1;
  double offset = 0;

  /// By ascending `raw`; none, or two at least, and then scale and offset are not used.
  std::vector<CalibrationPoint> points{};

  bool operator==(const Calibration&) const = default;
};

struct SensorOptions {
  /// Stands in for the unit that the driver gives; the value stays as it is.
  std::optional<std::string> unit;

  /// Of numbers, before all that follows.
  Calibration calibration;

  /// The number as the driver gave it is kept too, as a sensor of this name with raw_suffix.
  bool keeps_raw = false;

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

/// Stands behind the name of a sensor for the number as the driver gave it.
inline constexpr const char* raw_suffix = ".raw";

/// By the name on the wire, the driver's prefix included.
using SensorOptionsMap = std::map<std::string, SensorOptions, std::less<>>;

}  // namespace sensors

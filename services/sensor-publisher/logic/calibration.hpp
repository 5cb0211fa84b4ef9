// What calibration makes of a number, and how people and the outbox are told which one it was. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/sensor-publisher/drivers/sensor_options.hpp"
#include "services/sensor-publisher/logic/logic_options.hpp"

namespace sensors::publisher {

/// Between two points on the straight line through them; beyond the outermost on that of the last two. May be
/// infinite.
double calibrated(const Calibration& calibration, double number);

/// "scale 1.02, offset -0.3", or "0.3 is 0, 99.1 is 100"; empty where it changes nothing.
std::string text_of(const Calibration& calibration);

/// The calibrations of all sensors, a line "NAME TEXT" each, as the outbox remembers them.
std::string calibrations_of(const std::vector<DriverSchedule>& drivers);

/// A sentence for each sensor whose calibration is another one in `now` than in `before`.
std::vector<std::string> changed_calibrations(std::string_view before, std::string_view now);

}  // namespace sensors::publisher

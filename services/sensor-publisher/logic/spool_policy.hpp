// SpoolPolicy decides which readings go when a durable queue must become smaller: about every second one of each
// sensor, so that a long outage leaves a coarser picture instead of none. Pure.
#pragma once

#include <vector>

#include "common/core/reading.hpp"

namespace sensors {

/// For each of `readings`, which are consecutive in time, whether it goes. Of each sensor's numbers one of every two
/// neighbours goes, the one that differs less from the readings around it; the tenth of them that differ most all stay.
/// Of a sensor with booleans or texts, each change stays, and every second of the repetitions goes. Never more than
/// half of a sensor's readings go.
std::vector<bool> thin_out(const std::vector<const Reading*>& readings);

}  // namespace sensors

// The zone of the machine: TZ, or /etc/localtime. Any thread.
#pragma once

#include <vector>

#include "common/core/time.hpp"

namespace sensors {

/// How far this machine's zone is ahead of UTC at `time`; 0 where that is not known.
Millis local_offset(WallTime time);

/// The moments at which a clock in this machine's zone shows `shown`, which is given as if it were UTC: two of an hour
/// that comes twice, none of one that is left out.
std::vector<WallTime> moments_of_local(WallTime shown);

}  // namespace sensors

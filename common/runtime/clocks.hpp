// The clocks of the machine, and whether the wall clock can be believed. The only clock reading of a service. Any
// thread.
#pragma once

#include <string>

#include "common/core/time.hpp"

namespace sensors {

/// Who vouches for the wall clock.
enum class ClockTrust {
  kernel,  // the kernel, from when an NTP client has told it that the clock is synchronised (adjtimex(2))
  always,  // the owner of the machine: a clock with a battery, a container on a host that keeps time
};

/// The present time. Asks the kernel about its clock at most once a second.
Now read_clocks();

/// Applies to read_clocks() from now on, in the whole process; ClockTrust::always before. Once, at the start.
void trust_clock(ClockTrust trust);

/// The kernel's random id of the present boot; empty where it cannot be read.
std::string boot_id();

}  // namespace sensors

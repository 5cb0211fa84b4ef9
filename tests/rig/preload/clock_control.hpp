// What the file holds through which a test sets the clock of the services, see clock.cpp.
#pragma once

#include <cstdint>

namespace sensors::rig {

struct ClockControl {
  enum Synchronised : std::int64_t { as_the_kernel_says, yes, no };
  std::int64_t offset_ms = 0;  // added to the machine's wall clock
  std::int64_t synchronised = as_the_kernel_says;
};

}  // namespace sensors::rig

#include "tests/rig/demo_outcome.hpp"

#include <fmt/format.h>

namespace sensors::rig {

std::string DemoOutcome::json() const {
  return fmt::format(
      R"({{"taken":{},"stored":{},"delivered":{},"duplicates_at_api":{},"lost":{},"gaps":{},"seconds":{:.1f}}})", taken,
      stored, delivered, duplicates_at_api, lost, gaps, seconds);
}

}  // namespace sensors::rig

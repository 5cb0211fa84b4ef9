#include "demo/demo_outcome.hpp"

#include <fmt/format.h>

namespace sensors::demo {

std::string DemoOutcome::text() const {
  return fmt::format("{} readings taken, {} stored, {} delivered; {} lost, {} doubled, {} gap records. {}", taken,
                     stored, delivered, lost, duplicates_at_api, gaps,
                     good() ? "Every reading arrived, once." : "THIS IS WRONG: see the logs.");
}

std::string DemoOutcome::json() const {
  return fmt::format(
      R"({{"taken":{},"stored":{},"delivered":{},"duplicates_at_api":{},"lost":{},"gaps":{},"seconds":{:.1f}}})", taken,
      stored, delivered, duplicates_at_api, lost, gaps, seconds);
}

}  // namespace sensors::demo

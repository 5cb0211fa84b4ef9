#include "demo/demo_outcome.hpp"

#include <fmt/format.h>

namespace sensors::demo {

std::string DemoOutcome::text() const {
  const bool only_waits = waiting > 0 && lost == 0 && duplicates_at_api == 0;
  return fmt::format("{} readings taken, {} stored, {} delivered; {}{} lost, {} doubled, {} gap records. {}", taken,
                     stored, delivered, waiting > 0 ? fmt::format("{} wait, ", waiting) : "", lost, duplicates_at_api,
                     gaps,
                     good()       ? "Every reading arrived, once."
                     : only_waits ? "What waits is kept and not lost, but it did not arrive in time: see the logs."
                                  : "THIS IS WRONG: see the logs.");
}

std::string DemoOutcome::json() const {
  return fmt::format(
      R"({{"taken":{},"stored":{},"delivered":{},"duplicates_at_api":{},"lost":{},"waiting":{},"gaps":{},"seconds":{:.1f}}})",
      taken, stored, delivered, duplicates_at_api, lost, waiting, gaps, seconds);
}

}  // namespace sensors::demo

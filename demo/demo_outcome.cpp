#include "demo/demo_outcome.hpp"

#include <fmt/format.h>

namespace sensors::demo {

namespace {

/// What waits is known by its number only, so it may not be what is missing.
std::string missing_text(const DemoOutcome& outcome) {
  if (outcome.waiting == 0) return fmt::format("{} lost", outcome.lost);
  return fmt::format("{} did not arrive in time{}", outcome.waiting + outcome.lost,
                     outcome.lost > 0 ? fmt::format(", at least {} of them are lost", outcome.lost) : "");
}

}  // namespace

std::string DemoOutcome::text() const {
  const bool may_only_wait = waiting > 0 && lost == 0 && duplicates_at_api == 0;
  return fmt::format("{} readings taken, {} stored, {} delivered; {}, {} doubled, {} gap records. {}", taken, stored,
                     delivered, missing_text(*this), duplicates_at_api, gaps,
                     good()          ? "Every reading arrived, once."
                     : may_only_wait ? fmt::format("Outbox and store still hold {}: see the logs.", held)
                                     : "THIS IS WRONG: see the logs.");
}

std::string DemoOutcome::json() const {
  return fmt::format(
      R"({{"taken":{},"stored":{},"delivered":{},"duplicates_at_api":{},"lost":{},"waiting":{},"gaps":{},"seconds":{:.1f}}})",
      taken, stored, delivered, duplicates_at_api, lost, waiting, gaps, seconds);
}

}  // namespace sensors::demo

// The crash campaign in the form that every test run has: fixed rounds, and a seed that SENSOR_SEED may set.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/system/crash_campaign.hpp"

namespace sensors::rig {
namespace {

std::uint64_t chosen_seed() {
  const char* given = std::getenv("SENSOR_SEED");
  return given == nullptr ? 1 : std::stoull(given);
}

TEST(CrashCampaign, every_reading_arrives_once_whatever_is_killed) {
  CampaignOptions options;
  options.seed = chosen_seed();
  std::cout << "seed " << options.seed << std::endl;
  const CampaignOutcome outcome = run_campaign(options);
  std::cout << outcome.text(options);
  EXPECT_TRUE(outcome.problems.empty());
  EXPECT_GE(outcome.readings, options.readings);
}

}  // namespace
}  // namespace sensors::rig

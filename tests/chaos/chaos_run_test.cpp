// The chaos run in the form that every test run has: a few faults, and a seed that SENSOR_SEED may set.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/chaos/chaos_run.hpp"

namespace sensors::rig {
namespace {

TEST(ChaosRun, loses_and_doubles_nothing_whatever_happens) {
  const char* seed = std::getenv("SENSOR_SEED");
  const ChaosRunOptions options{.minutes = 0.4, .seed = seed == nullptr ? 1 : std::stoull(seed), .report_faults = true};
  std::cout << "seed " << options.seed << std::endl;
  const ChaosOutcome outcome = run_chaos(options);
  std::cout << outcome.text(options);
  EXPECT_TRUE(outcome.held());
}

}  // namespace
}  // namespace sensors::rig

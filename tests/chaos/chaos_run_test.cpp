// The chaos run in the form that every test run has: a few faults, and a seed that SENSOR_SEED may set.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/chaos/chaos_run.hpp"
#include "tests/chaos/fault_catalogue.hpp"

namespace sensors::rig {
namespace {

TEST(FaultCatalogue, does_not_keep_a_broker_that_was_killed_from_its_start) {
  const TempDir folder("sensor-chaos");
  ChaosRig rig(folder, {});
  std::size_t losses = 0;
  for (const ChaosFault& fault : fault_catalogue(rig)) {
    if (fault.name.find("broker's packets lost") == std::string::npos) continue;
    ++losses;
    EXPECT_EQ(fault.touches, std::vector<std::string>{name_of(Part::broker)}) << "so that the two never overlap";
  }
  EXPECT_EQ(losses, PacketFilter::works() ? 3U : 0U);
}

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

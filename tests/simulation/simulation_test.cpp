// The fixed seeds of ./dev test. `./dev sim --seed N --hours H` replays one.
#include "tests/simulation/simulation.hpp"

#include <gtest/gtest.h>

#include "tests/simulation/report.hpp"

namespace sensors::simulation {
namespace {

constexpr std::chrono::hours simulated{10};

class Seeds : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Seeds, break_no_promise) {
  SimulationOptions options;
  options.time = simulated;
  for (std::uint64_t seed = GetParam(); seed < GetParam() + 10; ++seed) {
    options.seed = seed;
    if (!simulate(options).violation.has_value()) continue;
    options.timeline_lines = 40;
    ADD_FAILURE() << describe_failure(simulate(options), simulated.count());
  }
}

INSTANTIATE_TEST_SUITE_P(Simulation, Seeds, testing::Range<std::uint64_t>(21, 81, 10));

TEST(Simulation, does_the_same_again_with_the_same_seed) {
  SimulationOptions options;
  options.seed = 7;
  options.time = std::chrono::hours{3};
  const Outcome first = simulate(options);
  options.timeline_lines = 10;  // watching changes nothing
  const Outcome second = simulate(options);
  EXPECT_EQ(first.hash, second.hash);
  EXPECT_EQ(first.events, second.events);
  options.seed = 8;
  EXPECT_NE(first.hash, simulate(options).hash);
}

TEST(Simulation, delivers_every_reading_and_injects_faults) {
  SimulationOptions options;
  options.time = simulated;
  std::uint64_t faults = 0;
  std::uint64_t delivered = 0;
  std::uint64_t refused = 0;
  std::uint64_t promised = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    options.seed = seed;
    const Outcome outcome = simulate(options);
    EXPECT_FALSE(outcome.violation.has_value()) << describe_failure(outcome, simulated.count());
    for (const std::uint64_t count : outcome.faults) faults += count;
    delivered += outcome.readings.delivered;
    refused += outcome.readings.refused;
    promised += outcome.readings.promised;
  }
  EXPECT_GT(faults, 100U);
  EXPECT_GT(delivered, 10'000U);
  EXPECT_GT(refused, 10U);
  EXPECT_GT(promised, 1'000U) << "over HTTP";
}

}  // namespace
}  // namespace sensors::simulation

// The fixed seeds of ./dev test; `./dev sim --seed N` runs the same of other seeds.
#include "tests/simulation/alerts_simulation.hpp"

#include <gtest/gtest.h>

namespace sensors::simulation {
namespace {

TEST(AlertsSimulation, tells_each_episode_once_whatever_happens) {
  AlertsOutcome all;
  for (std::uint64_t seed = 21; seed < 81; ++seed) {
    const AlertsOutcome outcome = simulate_alerts(seed, std::chrono::hours{10});
    EXPECT_FALSE(outcome.violation.has_value())
        << "seed " << seed << ": " << outcome.violation->check << ": " << outcome.violation->text;
    all.episodes += outcome.episodes;
    all.crashes += outcome.crashes;
    all.repeated += outcome.repeated;
  }
  EXPECT_GT(all.episodes, 1'000U);
  EXPECT_GT(all.crashes, 1'000U);
  EXPECT_GT(all.repeated, 100U) << "crashes between sending and noting";
}

TEST(AlertsSimulation, does_the_same_again_with_the_same_seed) {
  const AlertsOutcome first = simulate_alerts(7, std::chrono::hours{3});
  const AlertsOutcome second = simulate_alerts(7, std::chrono::hours{3});
  EXPECT_EQ(first.arrived, second.arrived);
  EXPECT_EQ(first.crashes, second.crashes);
}

}  // namespace
}  // namespace sensors::simulation

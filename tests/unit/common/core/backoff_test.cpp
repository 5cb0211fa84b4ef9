// Backoff: how waits grow, where they end, and that they differ between peers.
#include <gtest/gtest.h>

#include <set>

#include "common/core/backoff.hpp"

namespace sensors {
namespace {

TEST(Backoff, waits_between_half_of_a_doubling_ceiling_and_all_of_it) {
  Backoff backoff(Millis{100}, Millis{1'000}, 7);
  for (const Millis::rep ceiling : {100, 200, 400, 800, 1'000, 1'000, 1'000}) {
    const Millis wait = backoff.next();
    EXPECT_GE(wait.count(), ceiling / 2);
    EXPECT_LE(wait.count(), ceiling);
  }
}

TEST(Backoff, starts_small_again_after_a_success) {
  Backoff backoff(Millis{100}, Millis{10'000}, 7);
  for (int i = 0; i < 10; ++i) backoff.next();
  backoff.reset();
  EXPECT_LE(backoff.next(), Millis{100});
}

TEST(Backoff, gives_peers_with_other_seeds_other_waits) {
  std::set<Millis> waits;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    waits.insert(Backoff(Millis{10'000}, Millis{60'000}, seed * 1'000'003).next());
  }
  EXPECT_GT(waits.size(), 40U);
}

}  // namespace
}  // namespace sensors

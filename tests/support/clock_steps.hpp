// What a Logic does must not depend on the wall clock, which an owner sets and a network corrects.
#pragma once

#include <rapidcheck.h>

#include <chrono>
#include <utility>
#include <vector>

#include "common/core/time.hpp"

namespace sensors {

/// Within a property of rapidcheck: two benches that act() alike are seen() alike, although the wall
/// clock of one is stepped by years. A bench has `now`; act(bench, 0 .. 8, 1 .. 59) does something.
template <class Bench, class Act, class Seen>
void check_that_clock_steps_change_nothing(Bench& steady, Bench& stepped, const Act& act, const Seen& seen) {
  const auto actions = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 9), rc::gen::inRange(1, 60)));
  for (const auto& [action, size] : actions) {
    if (*rc::gen::inRange(0, 3) == 0)
      stepped.now.wall = WallTime{std::chrono::hours{24 * 365 * *rc::gen::inRange(0, 200)}};
    act(steady, action, size);
    act(stepped, action, size);
    RC_ASSERT(seen(steady) == seen(stepped));
  }
}

}  // namespace sensors

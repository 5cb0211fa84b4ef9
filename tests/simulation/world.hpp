// World is what all parts of a simulation share: time, chance, the truth, and the record of what was done. One thread.
#pragma once

#include <string_view>
#include <utility>

#include "common/core/time.hpp"
#include "tests/simulation/effect_hash.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/scheduler.hpp"
#include "tests/simulation/timeline.hpp"

namespace sensors::simulation {

struct World {
  World(std::uint64_t seed, std::size_t timeline_lines) : random(seed), timeline(timeline_lines) {}

  /// What an honest clock shows; services have those of their machines.
  WallTime wall() const { return wall_at_start + elapsed(); }
  Millis elapsed() const { return std::chrono::duration_cast<Millis>(scheduler.now() - Scheduler::start); }

  template <class Action>
  void after(Millis delay, Action action) {
    scheduler.at(scheduler.now() + delay, std::move(action));
  }

  void note(std::string_view who, std::string_view what) { timeline.add(elapsed(), who, what); }

  Scheduler scheduler;
  Random random;
  Timeline timeline;
  EffectHash hash;
  Ledger ledger;
  static constexpr WallTime wall_at_start{Millis{1'768'493'375'000}};  // 2026-01-15
};

}  // namespace sensors::simulation

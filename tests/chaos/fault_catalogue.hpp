// The faults that the chaos run draws from: each begins, lasts, and ends, and says what it touches, so that two of one
// thing never overlap.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/chaos/chaos_rig.hpp"

namespace sensors::rig {

struct ChaosFault {
  std::string name;                  // "kill -9 of the broker"
  std::vector<std::string> touches;  // "broker"
  Millis longest{0};                 // that it lasts
  std::function<void()> begin;
  std::function<void()> end;
};

/// All that can be played on `rig`, which must outlive it, in an order that is always the same.
std::vector<ChaosFault> fault_catalogue(ChaosRig& rig);

}  // namespace sensors::rig

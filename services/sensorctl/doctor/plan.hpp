// The plan decides what --recover does about the findings, within a budget: a recovery that acts without end would be
// a fault of its own. Pure.
#pragma once

#include <string>
#include <vector>

#include "services/sensorctl/doctor/action_log.hpp"
#include "services/sensorctl/doctor/finding.hpp"

namespace sensors::doctor {

struct Budget {
  int actions_per_hour = 6;
  int restarts_per_hour = 3;  // of one unit
  bool reboot = false;        // when a unit needs another restart and has used up its own
  int reboots_per_day = 1;
  bool operator==(const Budget&) const = default;
};

struct Action {
  Remedy remedy;
  std::string reason;
};

struct Plan {
  std::vector<Action> actions;        // in this order
  std::vector<std::string> withheld;  // what would be done, why it is not, when it will be, and how to do it by hand
};

/// Actions of the past count by their distance to `now`, to either side: a machine without a battery-backed clock may
/// have written them in its future.
Plan make_plan(const Findings& findings, const std::vector<PastAction>& past, const Budget& budget, WallTime now);

}  // namespace sensors::doctor

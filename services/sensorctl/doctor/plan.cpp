#include "services/sensorctl/doctor/plan.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace sensors::doctor {
namespace {

constexpr std::chrono::hours hour{1};
constexpr std::chrono::hours day{24};

/// Each remedy once, with all its reasons; room on the disk first, since what is restarted may need it.
std::vector<Action> wanted_actions(const Findings& findings) {
  std::vector<Action> wanted;
  for (const Finding& finding : findings) {
    if (!finding.remedy.has_value()) continue;
    const auto same = std::find_if(wanted.begin(), wanted.end(),
                                   [&](const Action& action) { return action.remedy == *finding.remedy; });
    if (same == wanted.end()) {
      wanted.push_back({*finding.remedy, finding.what});
    } else {
      same->reason += "; " + finding.what;
    }
  }
  std::stable_partition(wanted.begin(), wanted.end(),
                        [](const Action& action) { return action.remedy.kind == Remedy::Kind::release; });
  return wanted;
}

template <class Which>
int count_within(const std::vector<PastAction>& past, WallTime now, std::chrono::hours span, Which which) {
  return static_cast<int>(std::count_if(past.begin(), past.end(), [&](const PastAction& action) {
    return std::chrono::abs(now - action.at) < span && which(action.remedy);
  }));
}

std::string text_of(const Action& action) {
  return fmt::format("{} {} ({})", name_of(action.remedy.kind), action.remedy.object, action.reason);
}

void add_reboot(const Action& cause, const std::vector<PastAction>& past, const Budget& budget, WallTime now,
                Plan& plan) {
  const bool is_planned = std::any_of(plan.actions.begin(), plan.actions.end(),
                                      [](const Action& action) { return action.remedy.kind == Remedy::Kind::reboot; });
  if (is_planned) return;
  const int reboots =
      count_within(past, now, day, [](const Remedy& remedy) { return remedy.kind == Remedy::Kind::reboot; });
  const Action reboot{{Remedy::Kind::reboot, "machine"},
                      fmt::format("restarts of {} did not help", cause.remedy.object)};
  if (reboots >= budget.reboots_per_day) {
    plan.withheld.push_back(fmt::format("{}: {} within a day already", text_of(reboot), reboots));
  } else {
    plan.actions.push_back(reboot);
  }
}

}  // namespace

Plan make_plan(const Findings& findings, const std::vector<PastAction>& past, const Budget& budget, WallTime now) {
  Plan plan;
  int spent = count_within(past, now, hour, [](const Remedy&) { return true; });
  for (const Action& action : wanted_actions(findings)) {
    const int before = count_within(past, now, hour, [&](const Remedy& remedy) { return remedy == action.remedy; });
    if (action.remedy.kind == Remedy::Kind::restart && before >= budget.restarts_per_hour) {
      plan.withheld.push_back(fmt::format("{}: {} times within an hour already", text_of(action), before));
      if (budget.reboot) add_reboot(action, past, budget, now, plan);
    } else if (spent >= budget.actions_per_hour) {
      plan.withheld.push_back(fmt::format("{}: {} actions within an hour already", text_of(action), spent));
    } else {
      plan.actions.push_back(action);
      ++spent;
    }
  }
  // What is restarted before it would be cut short.
  std::stable_partition(plan.actions.begin(), plan.actions.end(),
                        [](const Action& action) { return action.remedy.kind != Remedy::Kind::reboot; });
  return plan;
}

}  // namespace sensors::doctor

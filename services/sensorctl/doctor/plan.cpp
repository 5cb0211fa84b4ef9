#include "services/sensorctl/doctor/plan.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "common/codec/time_text.hpp"

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

/// When those actions were, oldest first.
template <class Which>
std::vector<WallTime> times_within(const std::vector<PastAction>& past, WallTime now, std::chrono::hours span,
                                   Which which) {
  std::vector<WallTime> times;
  for (const PastAction& action : past) {
    if (std::chrono::abs(now - action.at) < span && which(action.remedy)) times.push_back(action.at);
  }
  std::sort(times.begin(), times.end());
  return times;
}

bool are_spent(const std::vector<WallTime>& times, int allowed) {
  return times.size() >= static_cast<std::size_t>(allowed);
}

std::string by_hand(const Remedy& remedy) {
  switch (remedy.kind) {
    case Remedy::Kind::restart:
      return fmt::format("journalctl -u {0} -n 50 says why; by hand: systemctl restart {0}", remedy.object);
    case Remedy::Kind::release: return "by hand: rm " + remedy.object;
    case Remedy::Kind::reboot: break;
  }
  return "by hand: systemctl reboot";
}

/// `times` are the actions that used the budget up; the oldest of those that count leaves it first.
std::string withheld_text(const Action& action, const char* what, std::vector<WallTime> times, int allowed,
                          std::chrono::hours span) {
  std::sort(times.begin(), times.end());
  const std::string again =
      allowed == 0 ? "sensor-recover.toml allows none"
                   : "again after " + time_text(times[times.size() - static_cast<std::size_t>(allowed)] + span);
  return fmt::format("{} {} ({}): {} {} within {} already; {}; {}", name_of(action.remedy.kind), action.remedy.object,
                     action.reason, times.size(), what, span == hour ? "an hour" : "a day", again,
                     by_hand(action.remedy));
}

void add_reboot(const Action& cause, const std::vector<PastAction>& past, const Budget& budget, WallTime now,
                Plan& plan) {
  const bool is_planned = std::any_of(plan.actions.begin(), plan.actions.end(),
                                      [](const Action& action) { return action.remedy.kind == Remedy::Kind::reboot; });
  if (is_planned) return;
  const auto reboots =
      times_within(past, now, day, [](const Remedy& remedy) { return remedy.kind == Remedy::Kind::reboot; });
  const Action reboot{{Remedy::Kind::reboot, "machine"},
                      fmt::format("restarts of {} did not help", cause.remedy.object)};
  if (are_spent(reboots, budget.reboots_per_day)) {
    plan.withheld.push_back(withheld_text(reboot, "reboots", reboots, budget.reboots_per_day, day));
  } else {
    plan.actions.push_back(reboot);
  }
}

}  // namespace

Plan make_plan(const Findings& findings, const std::vector<PastAction>& past, const Budget& budget, WallTime now) {
  Plan plan;
  std::vector<WallTime> spent = times_within(past, now, hour, [](const Remedy&) { return true; });
  for (const Action& action : wanted_actions(findings)) {
    const auto before = times_within(past, now, hour, [&](const Remedy& remedy) { return remedy == action.remedy; });
    if (action.remedy.kind == Remedy::Kind::restart && are_spent(before, budget.restarts_per_hour)) {
      plan.withheld.push_back(withheld_text(action, "times", before, budget.restarts_per_hour, hour));
      if (budget.reboot) add_reboot(action, past, budget, now, plan);
    } else if (are_spent(spent, budget.actions_per_hour)) {
      plan.withheld.push_back(withheld_text(action, "actions", spent, budget.actions_per_hour, hour));
    } else {
      plan.actions.push_back(action);
      spent.push_back(now);
    }
  }
  // What is restarted before it would be cut short.
  std::stable_partition(plan.actions.begin(), plan.actions.end(),
                        [](const Action& action) { return action.remedy.kind != Remedy::Kind::reboot; });
  return plan;
}

}  // namespace sensors::doctor

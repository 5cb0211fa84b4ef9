// Units: does each run that is meant to, is it alive, and is it held to its limits.
//
//   enabled  target   the unit is           finding                        remedy
//   no       any      anything              ok: not meant to run           none
//   yes      stopped  not active            warning: stopped with target   none
//   yes      active   inactive, failed      critical                       restart; none after exit code 78
//   yes      any      activating            warning; critical in a loop    none: systemd is at it
//   yes      any      active                ok, and the checks below       as they say
//
// A unit that is not enabled and runs all the same is looked at, and left alone.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/codec/quantity_text.hpp"
#include "services/sensorctl/doctor/checks.hpp"
#include "services/sensorctl/doctor/mending.hpp"

namespace sensors::doctor {
namespace {

std::string program_of(const std::string& unit) { return unit.substr(0, unit.rfind('.')); }

Millis since(std::uint64_t at_us, std::uint64_t uptime_us) {
  return Millis{static_cast<Millis::rep>(uptime_us > at_us ? (uptime_us - at_us) / 1000 : 0)};
}

bool has_watchdog(const UnitState& unit) { return unit.watchdog_us != 0 && unit.watchdog_us != UnitState::no_limit; }

Finding check_target(const Machine& machine) {
  const char* const name = "sensor-project.target";
  if (!machine.target.has_value()) return unknown("unit", name, machine.target.error());
  const UnitState& target = *machine.target;
  if (target.load_state == "not-found") {
    return critical("unit", name, "is not installed", "install the package: apt install sensor-project");
  }
  if (target.active_state == "active") return ok("unit", name, "active");
  return critical("unit", name, "is stopped, and what belongs to it", "systemctl start sensor-project.target");
}

Finding check_not_running(const UnitState& unit, const Machine& machine) {
  if (has_bad_configuration(unit)) {
    return critical("unit", unit.name, "ended because of a mistake in its configuration, and is not started again",
                    fmt::format("journalctl -u {} -n 5 says which; mend it, then systemctl restart {}", unit.name,
                                program_of(unit.name)));
  }
  if (was_kept_out(unit)) {
    return with_restart(critical("unit", unit.name, "did not start: another process has its files",
                                 fmt::format("journalctl -u {} -n 5 says which; end it, then systemctl restart {}",
                                             unit.name, program_of(unit.name))),
                        machine, unit.name);
  }
  const std::string what = unit.active_state == "failed"
                               ? fmt::format("failed: {}, status {}", unit.result, unit.exit_status)
                               : std::string("is stopped");
  if (!may_mend(machine, unit.name)) return warning("unit", unit.name, what, "it starts with sensor-project.target");
  return with_restart(critical("unit", unit.name, what,
                               fmt::format("systemctl restart {0}; to keep it stopped: systemctl disable --now {0}",
                                           program_of(unit.name))),
                      machine, unit.name);
}

Finding check_state(const UnitState& unit, const Machine& machine, const Thresholds& thresholds) {
  if (unit.load_state == "not-found") {
    return critical("unit", unit.name, "is not installed", "install the package: apt install sensor-project");
  }
  if (!is_meant_to_run(unit) && unit.active_state != "active") {
    return ok("unit", unit.name, fmt::format("is not meant to run: {}", unit.file_state));
  }
  const Millis age = since(unit.active_since_us, machine.uptime_us);
  const std::string look = fmt::format("journalctl -u {} -n 50 says why", unit.name);
  const bool restarts = unit.restarts >= thresholds.restarts;
  if (unit.active_state == "activating" || unit.active_state == "deactivating") {
    const std::string what = fmt::format("is {} ({}), {} restarts", unit.active_state, unit.sub_state, unit.restarts);
    return restarts ? critical("unit", unit.name, what, look) : warning("unit", unit.name, what, look);
  }
  if (unit.active_state != "active" && unit.active_state != "reloading") return check_not_running(unit, machine);
  const std::string what = fmt::format("active for {}, {} restarts", span_text(age), unit.restarts);
  if (restarts && age < thresholds.restarted_within) return critical("unit", unit.name, what, look);
  return ok("unit", unit.name, what);
}

/// A process that is stopped pings nobody; systemd ends it when it has a watchdog, and nobody does when it has none.
Finding check_process(const UnitFacts& unit, const Machine& machine) {
  const std::string& name = unit.state.name;
  if (!unit.process.has_value()) return unknown("process", name, unit.process.error());
  switch (*unit.process) {
    case 'T':
    case 't': {
      Finding stopped = critical("process", name, "is stopped by a signal or a debugger",
                                 fmt::format("systemctl kill --signal=SIGCONT {}", name));
      return has_watchdog(unit.state) ? stopped : with_restart(std::move(stopped), machine, name);
    }
    case 'D':
      return warning("process", name, "waits in the kernel for a disk or a device",
                     "if it stays so, look at journalctl -k for errors of that device");
    default: return ok("process", name, "runs");
  }
}

/// The broker has none: Debian's mosquitto pings nobody.
Finding check_watchdog(const UnitState& unit, const Machine& machine, const Thresholds& thresholds) {
  if (!has_watchdog(unit)) {
    if (program_of(unit.name) == "sensor-broker") {
      return ok("watchdog", unit.name, "has none; that it answers is checked instead");
    }
    return warning("watchdog", unit.name, "has no watchdog: nobody restarts it when it hangs",
                   fmt::format("systemctl cat {} shows which file takes WatchdogSec=30 away", unit.name));
  }
  const Millis limit{static_cast<Millis::rep>(unit.watchdog_us / 1000)};
  const Millis silence = since(unit.pinged_at_us, machine.uptime_us);
  const std::string what = fmt::format("last sign of life {} ago, limit {}", span_text(silence), span_text(limit));
  if (silence > limit + thresholds.watchdog_grace) {
    return with_restart(critical("watchdog", unit.name, what + "; systemd did not end it",
                                 fmt::format("systemctl restart {}", program_of(unit.name))),
                        machine, unit.name);
  }
  if (silence > std::chrono::duration_cast<Millis>(limit * thresholds.ping_share)) {
    return warning("watchdog", unit.name, what, "systemd restarts it at the limit");
  }
  return ok("watchdog", unit.name, what);
}

/// One limit of a unit: "memory is not limited to 256 MiB"; empty when it is in force or not asked for.
std::string difference(std::string_view what, std::uint64_t wanted, const std::optional<std::uint64_t>& in_force,
                       std::uint64_t tolerance) {
  if (wanted == UnitState::no_limit) return fmt::format("its unit sets no limit of {}", what);
  if (!in_force.has_value()) return fmt::format("{} is not limited", what);
  const std::uint64_t apart = *in_force > wanted ? *in_force - wanted : wanted - *in_force;
  return apart <= tolerance ? "" : fmt::format("{} is limited to {} instead of {}", what, *in_force, wanted);
}

std::string number_text(std::uint64_t value) {
  return value == UnitState::no_limit ? "infinity" : std::to_string(value);
}

/// One setting of a unit that some kernels do not show, then nothing is known of it: "CPU weight is 100 instead of 50".
std::string difference_if_shown(std::string_view what, std::uint64_t wanted, const std::optional<std::uint64_t>& shown,
                                std::uint64_t tolerance = 0) {
  if (!shown.has_value()) return "";
  const std::uint64_t apart = *shown > wanted ? *shown - wanted : wanted - *shown;
  return apart <= tolerance ? ""
                            : fmt::format("{} is {} instead of {}", what, number_text(*shown), number_text(wanted));
}

std::uint64_t weight_of(std::uint64_t asked) {
  constexpr std::uint64_t of_the_kernel = 100;
  return asked == UnitState::no_limit ? of_the_kernel : asked;
}

/// What of its memory is held otherwise than the unit asks.
std::vector<std::string> memory_differences(const UnitState& state, const LimitsInForce& limits) {
  constexpr std::uint64_t page = 64 * 1024;  // the kernel rounds down to its pages
  return {difference("memory", state.memory_max, limits.memory_max, page),
          difference_if_shown("MemoryHigh", state.memory_high, limits.memory_high, page),
          difference_if_shown("MemorySwapMax", state.swap_max, limits.swap_max, page)};
}

std::vector<std::string> other_differences(const UnitFacts& unit) {
  const UnitState& state = unit.state;
  constexpr std::uint64_t millicpu = 1'000;  // the kernel rounds quotas to its period
  const auto files = unit.files.has_value() ? std::optional(unit.files->limit) : std::nullopt;
  return {difference("tasks", state.tasks_max, unit.limits->tasks_max, 0),
          difference("processor time", state.cpu_us_per_s, unit.limits->cpu_us_per_s, millicpu),
          difference_if_shown("CPUWeight", weight_of(state.cpu_weight), unit.limits->cpu_weight),
          difference_if_shown("IOWeight", weight_of(state.io_weight), unit.limits->io_weight),
          difference_if_shown("LimitNOFILE", state.files_max, files)};
}

/// Where the kernel cannot limit memory at all, that is said once, for all of them.
Finding check_limits(const UnitFacts& unit, bool memory_can_be_limited) {
  const UnitState& state = unit.state;
  if (!unit.limits.has_value()) return unknown("limits", state.name, unit.limits.error());
  std::vector<std::string> all = other_differences(unit);
  if (memory_can_be_limited) {
    const std::vector<std::string> memory = memory_differences(state, *unit.limits);
    all.insert(all.begin(), memory.begin(), memory.end());
  }
  std::string differences;
  for (const std::string& one : all) {
    if (!one.empty()) differences += (differences.empty() ? "" : "; ") + one;
  }
  if (!differences.empty()) {
    return warning("limits", state.name, differences,
                   fmt::format("systemctl daemon-reload; systemctl restart {}; if it stays so: systemctl cat {}",
                               program_of(state.name), program_of(state.name)));
  }
  return ok("limits", state.name,
            fmt::format("in force: memory {}, {} tasks, {} % of a processor",
                        memory_can_be_limited ? size_text(state.memory_max) : "without limit", state.tasks_max,
                        state.cpu_us_per_s / 10'000));
}

/// A finding of its own: in a container without CAP_SYS_RESOURCE it cannot be set, and all else can.
Finding check_oom(const UnitFacts& unit) {
  const std::string& name = unit.state.name;
  if (!unit.oom_score_adjust.has_value()) return unknown("oom", name, unit.oom_score_adjust.error());
  const std::int64_t adjusted = *unit.oom_score_adjust;
  if (adjusted == unit.state.oom_score_adjust) return ok("oom", name, fmt::format("OOMScoreAdjust is {}", adjusted));
  return warning("oom", name,
                 fmt::format("OOMScoreAdjust is {} instead of {}: when the machine is short of memory the kernel "
                             "chooses otherwise than the unit asks",
                             adjusted, unit.state.oom_score_adjust),
                 "systemctl restart " + program_of(name) + "; in a container it needs CAP_SYS_RESOURCE");
}

Finding check_files(const UnitFacts& unit, const Machine& machine, const Thresholds& thresholds) {
  const std::string& name = unit.state.name;
  if (!unit.files.has_value()) return unknown("files", name, unit.files.error());
  const std::string what = fmt::format("{} of {} descriptors are open", unit.files->open, unit.files->limit);
  const double share =
      static_cast<double>(unit.files->open) / static_cast<double>(std::max<std::uint64_t>(unit.files->limit, 1));
  const std::string advice = fmt::format("a leak, or too many clients: ls -l /proc/{}/fd", unit.state.main_pid);
  if (share >= thresholds.files_full) return with_restart(critical("files", name, what, advice), machine, name);
  if (share >= thresholds.files_short) return warning("files", name, what, advice);
  return ok("files", name, what);
}

Finding check_memory_cgroup(const Result<bool>& is_on) {
  const char* const object = "memory cgroup";
  if (!is_on.has_value()) return unknown("limits", object, is_on.error());
  if (*is_on) return ok("limits", object, "on");
  return warning("limits", object, "is off in this kernel: no memory limit does anything",
                 "add to the line in /boot/firmware/cmdline.txt, and restart the machine: "
                 "cgroup_enable=memory cgroup_memory=1");
}

}  // namespace

Findings check_units(const Facts& facts, const Thresholds& thresholds) {
  const Machine& machine = facts.machine;
  Findings findings;
  if (!machine.units.has_value()) return {unknown("unit", "sensor-*.service", machine.units.error())};
  findings.push_back(check_target(machine));
  findings.push_back(check_memory_cgroup(machine.memory_cgroup));
  for (const UnitFacts& unit : *machine.units) {
    findings.push_back(check_state(unit.state, machine, thresholds));
    if (unit.state.active_state != "active") continue;
    findings.push_back(check_process(unit, machine));
    findings.push_back(check_watchdog(unit.state, machine, thresholds));
    findings.push_back(check_limits(unit, machine.memory_cgroup.value_or(true)));
    findings.push_back(check_oom(unit));
    findings.push_back(check_files(unit, machine, thresholds));
  }
  return findings;
}

}  // namespace sensors::doctor

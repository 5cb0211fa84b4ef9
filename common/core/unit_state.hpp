// UnitState is what systemd says about one unit, in its own words (org.freedesktop.systemd1(5)). Plain values.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace sensors {

struct UnitState {
  static constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

  std::string name;                   // sensor-publisher.service
  std::string load_state;             // loaded, not-found, masked, ...
  std::string file_state;             // enabled, disabled, ...
  std::string active_state;           // active, activating, inactive, failed, ...
  std::string sub_state;              // running, auto-restart, dead, ...
  std::uint64_t active_since_us = 0;  // uptime of the machine; 0: never

  // Of services only; as they are here for others.
  std::string result;                     // success, exit-code, watchdog, oom-kill, ...
  std::int32_t exit_status = 0;           // of the main process that ended last
  std::uint32_t restarts = 0;             // by systemd, since it was last started by somebody
  std::uint32_t main_pid = 0;             // 0: none
  std::uint64_t watchdog_us = 0;          // longest silence that is allowed; 0 or no_limit: none
  std::uint64_t pinged_at_us = 0;         // uptime of the machine; 0: never
  std::string control_group;              // path below the cgroup file system
  std::uint64_t memory_max = no_limit;    // bytes
  std::uint64_t memory_high = no_limit;   // bytes
  std::uint64_t swap_max = no_limit;      // bytes
  std::uint64_t tasks_max = no_limit;     // threads
  std::uint64_t cpu_us_per_s = no_limit;  // CPUQuota=75% is 750,000
  std::uint64_t cpu_weight = no_limit;    // 1 .. 10,000; no_limit: the kernel's 100
  std::uint64_t io_weight = no_limit;     // the same
  std::uint64_t files_max = no_limit;     // descriptors, the soft limit
  std::int32_t oom_score_adjust = 0;      // -1,000 .. 1,000

  bool operator==(const UnitState&) const = default;
};

}  // namespace sensors

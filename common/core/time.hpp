// The two times of the system, as types that do not mix. Nothing here can read a clock: time comes into
// core and into every Logic as an argument, so that both run on virtual time in tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>

namespace sensors {

using Millis = std::chrono::milliseconds;

/// Tag of the monotonic time line; it has no now().
struct MonotonicTimeline {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicTimeline>;
  static constexpr bool is_steady = true;
};

/// A point on the monotonic time line: for waiting, deadlines and breakers. Never stored.
using Instant = MonotonicTimeline::time_point;

/// UTC, milliseconds since 1970. Only ever data: never compared to decide how long to wait.
using WallTime = std::chrono::sys_time<Millis>;

/// What a Logic is told about time with each event.
struct Now {
  Instant monotonic;
  WallTime wall;
  bool clock_synced = true;  // the kernel vouches for `wall`, or the owner of the machine does; changes at any time

  /// Longest time since the start for which the loop was busy with one wake-up and could do nothing else. For the
  /// status.
  Millis loop_longest{0};

  /// Bytes that the process has handed to the disks since its start, as the kernel counts them; 0 where it does not.
  /// For the status, up to 1 s old.
  std::uint64_t written_bytes = 0;
};

/// Time since the machine started, suspends excluded: the monotonic clock of Linux counts from there. Of one boot only.
constexpr Millis uptime_at(Instant at) { return std::chrono::duration_cast<Millis>(at.time_since_epoch()); }

/// What the wall clock, as it is now, would have shown at `at`.
constexpr WallTime wall_at(Instant at, Now now) {
  return now.wall + std::chrono::duration_cast<Millis>(at - now.monotonic);
}

}  // namespace sensors

// Pacing decides how often sensors are read: one step slower for each interval that pressure lasts, one step back
// for each interval without. Owned by the publisher's Logic, on the loop thread. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "common/codec/status_writer.hpp"
#include "common/core/time.hpp"

namespace sensors {

class Pacing {
 public:
  /// `steps`: intervals from the base to the slowest, ascending, at least one.
  explicit Pacing(std::vector<Millis> steps);

  /// Whether there is pressure now. Takes a step when it has lasted, or been gone, for one interval in force.
  /// True when the pace changed.
  bool update(bool pressure, Instant now);

  /// When update() should be called again though nothing changed; nothing at the base without pressure.
  std::optional<Instant> wake_at() const;

  /// The interval in force.
  Millis interval() const { return steps_[step_]; }

  /// A sensor's own interval at this pace: stretched as the base interval is.
  Millis stretched(Millis own) const;

  void describe(StatusWriter& status) const { status.add("pace_ms", interval()); }

 private:
  std::vector<Millis> steps_;
  std::size_t step_ = 0;
  bool pressure_ = false;
  std::optional<Instant> step_at_;
};

}  // namespace sensors

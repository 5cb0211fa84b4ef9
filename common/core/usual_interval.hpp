// UsualInterval learns at which interval something comes, from when it came: what is rarely exceeded, and not the mean,
// so that what comes irregularly is not missed too soon. A burst, a backlog and a single long pause teach it next to
// nothing. One for each sensor: small, and cheap at each reading. Pure.
#pragma once

#include <optional>

#include "common/core/time.hpp"

namespace sensors {

class UsualInterval {
 public:
  UsualInterval() = default;

  /// As it was learned before; it goes on from there. `kept` <= 0: nothing was.
  explicit UsualInterval(Millis kept);

  /// A reading of `time` came at `now`. `limit`: how long a pause is at which it would be missed; a longer one counts
  /// as one of `limit`.
  void came(Instant now, WallTime time, Millis limit);

  /// What was learned, 1 s or more; nothing before it is sure, which takes some readings over 3 `least_missed`.
  std::optional<Millis> value(Millis least_missed) const;

 private:
  void learn(double gap_ms, double limit_ms);

  double interval_ms_ = 0;  // 0: nothing is known
  float evidence_ = 0;      // how many gaps of about that length there were, up to what is enough
  float watched_ms_ = 0;    // the sum of the gaps, up to what is enough
  bool has_last_ = false;
  Instant last_at_{};
  WallTime last_time_{};
};

}  // namespace sensors

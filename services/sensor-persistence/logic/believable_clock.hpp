// BelievableClock decides whether the wall clock may be used to delete what is old: only while it is vouched for, and
// has gone as the monotonic clock did. After a jump it must stay where it is for long before it is believed. Pure.
#pragma once

#include <optional>

#include "common/core/time.hpp"

namespace sensors::persistence {

class BelievableClock {
 public:
  /// A difference to the monotonic clock, or to what an earlier run had seen, that may be the clock's own drift, a
  /// daylight-saving mistake or a night without power.
  static constexpr std::chrono::hours largest_drift{24};

  explicit BelievableClock(Millis accept_after) : accept_after_(accept_after) {}

  /// Goes on from `last`, which an earlier run believed; WallTime{}: there was none.
  void restart(WallTime last, Now now) {
    anchor_.reset();
    if (last != WallTime{}) anchor_ = Now{now.monotonic, last};
  }

  /// Takes note of the time; by how much it has jumped, when it just did.
  std::optional<Millis> observe(Now now) {
    is_believed_ = false;
    if (!now.clock_synced) return std::nullopt;
    const Millis off = anchor_.has_value() ? now.wall - wall_at(now.monotonic, *anchor_) : Millis{0};
    const bool is_small = off <= largest_drift && off >= -largest_drift;
    if (!is_small && !accept_at_.has_value()) {
      accept_at_ = now.monotonic + accept_after_;
      return off;
    }
    if (!is_small && now.monotonic < *accept_at_) return std::nullopt;
    anchor_ = now;
    accept_at_.reset();
    is_believed_ = true;
    return std::nullopt;
  }

  bool is_believed() const { return is_believed_; }

  /// What an honest clock would show at `now`; WallTime{} when none was ever seen.
  WallTime honest_time(Now now) const { return anchor_.has_value() ? wall_at(now.monotonic, *anchor_) : WallTime{}; }

 private:
  Millis accept_after_;
  std::optional<Now> anchor_;         // when it was last believed
  std::optional<Instant> accept_at_;  // set since a jump
  bool is_believed_ = false;
};

}  // namespace sensors::persistence

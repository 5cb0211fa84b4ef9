// RateLimit admits so many at once and then one in each interval, and counts the others. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common/core/time.hpp"

namespace sensors {

class RateLimit {
 public:
  /// `burst` at once, 1 or more; one more each time that `interval` has passed without.
  RateLimit(int burst, Millis interval) : interval_(interval), credit_((burst - 1) * interval) {}

  /// Whether this one may pass; it is counted as refused when not.
  bool admit(Instant now) {
    if (now + credit_ < next_) {
      ++refused_;
      return false;
    }
    next_ = std::max(next_, now) + interval_;
    return true;
  }

  /// How many were refused since the last call.
  std::uint64_t take_refused() { return std::exchange(refused_, 0); }

 private:
  Millis interval_;
  Millis credit_;
  Instant next_{};  // when one is due at the steady rate
  std::uint64_t refused_ = 0;
};

}  // namespace sensors

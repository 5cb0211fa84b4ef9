// The estimate is an envelope: it rises by half of what a gap exceeds it by, and falls by a twentieth, in proportion to
// how much of it the gap fills. So a gap weighs what it lasts, and a thousand lines at once weigh nothing. At the
// intervals of a Poisson process it settles at about three means.
#include "common/core/usual_interval.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sensors {

namespace {

constexpr Millis same_arrival{1'000};  // what comes closer together counts as one
constexpr float enough_evidence = 4;
constexpr float enough_watching = 3;  // times the shortest silence that is one
constexpr double rise = 0.5;
constexpr double fall = 0.05;

double count_ms(Instant from, Instant to) {
  return static_cast<double>(std::chrono::duration_cast<Millis>(to - from).count());
}

/// Live readings: as much time passed for who took them as passed here. What waited somewhere comes faster, and the
/// first of it later.
bool is_live(double gap_ms, double time_gap_ms) { return std::abs(time_gap_ms - gap_ms) <= gap_ms / 2 + 2'000; }

}  // namespace

UsualInterval::UsualInterval(Millis kept) {
  if (kept <= Millis{0}) return;
  interval_ms_ = static_cast<double>(std::max(kept, same_arrival).count());
  evidence_ = enough_evidence;
  watched_ms_ = std::numeric_limits<float>::max();
}

void UsualInterval::came(Instant now, WallTime time, Millis limit) {
  if (has_last_ && now - last_at_ < same_arrival) return;
  if (has_last_) {
    const double gap_ms = count_ms(last_at_, now);
    const double time_gap_ms = static_cast<double>((time - last_time_).count());
    if (is_live(gap_ms, time_gap_ms)) learn(gap_ms, static_cast<double>(limit.count()));
  }
  has_last_ = true;
  last_at_ = now;
  last_time_ = time;
}

void UsualInterval::learn(double gap_ms, double limit_ms) {
  watched_ms_ += static_cast<float>(gap_ms);
  const bool is_sure = evidence_ >= enough_evidence;
  if (interval_ms_ == 0 || (!is_sure && gap_ms > 2 * interval_ms_)) {
    interval_ms_ = gap_ms;
    evidence_ = 1;
    return;
  }
  evidence_ = std::min(enough_evidence, evidence_ + static_cast<float>(std::min(1.0, gap_ms / interval_ms_)));
  if (gap_ms > interval_ms_) {
    const double counted = is_sure ? std::min(gap_ms, std::max(limit_ms, interval_ms_)) : gap_ms;
    interval_ms_ += rise * (counted - interval_ms_);
  } else {
    interval_ms_ -= fall * (gap_ms / interval_ms_) * (interval_ms_ - gap_ms);
  }
}

std::optional<Millis> UsualInterval::value(Millis least_missed) const {
  const auto wanted = enough_watching * static_cast<float>(least_missed.count());
  if (interval_ms_ <= 0 || evidence_ < enough_evidence || watched_ms_ < wanted) return std::nullopt;
  return Millis{std::llround(interval_ms_)};
}

}  // namespace sensors

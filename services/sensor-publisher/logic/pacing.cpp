#include "services/sensor-publisher/logic/pacing.hpp"

#include <cassert>
#include <utility>

namespace sensors {

Pacing::Pacing(std::vector<Millis> steps) : steps_(std::move(steps)) { assert(!steps_.empty()); }

bool Pacing::update(bool pressure, Instant now) {
  if (pressure != pressure_) {
    pressure_ = pressure;
    step_at_ = now + interval();
  }
  const bool may_step = pressure_ ? step_ + 1 < steps_.size() : step_ > 0;
  if (!may_step) {
    step_at_.reset();
    return false;
  }
  if (!step_at_.has_value()) step_at_ = now + interval();
  if (now < *step_at_) return false;
  step_ = pressure_ ? step_ + 1 : step_ - 1;
  const bool more = pressure_ ? step_ + 1 < steps_.size() : step_ > 0;
  step_at_ = more ? std::optional(now + interval()) : std::nullopt;
  return true;
}

std::optional<Instant> Pacing::wake_at() const { return step_at_; }

Millis Pacing::stretched(Millis own) const { return Millis{own.count() * interval().count() / steps_.front().count()}; }

}  // namespace sensors

// QueueMark says whether a queue is long enough to ask its senders to slow down: from above its high mark on until it
// is back at half of it, so that a queue that stays around the mark does not flap. Pure.
#pragma once

#include <cstdint>

namespace sensors {

class QueueMark {
 public:
  explicit QueueMark(std::uint64_t high) : high_(high) {}

  /// The queue's length now; whether it is above the mark.
  bool update(std::uint64_t depth) {
    above_ = depth > high_ || (above_ && depth > high_ / 2);
    return above_;
  }

  bool above() const { return above_; }

 private:
  std::uint64_t high_;
  bool above_ = false;
};

}  // namespace sensors

// Backoff says how long to wait before the next try: exponential with full jitter, so that peers that failed
// together do not return together. Owned by whoever retries. Pure: the randomness is seeded.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "common/core/time.hpp"

namespace sensors {

class Backoff {
 public:
  /// Waits grow from `first` to `longest`, doubling. Both > 0.
  Backoff(Millis first, Millis longest, std::uint64_t seed)
      : first_(first), longest_(longest), ceiling_(first), random_(static_cast<std::minstd_rand::result_type>(seed)) {}

  /// The next wait: between half of the present ceiling and all of it.
  Millis next() {
    std::uniform_int_distribution<Millis::rep> wait(ceiling_.count() / 2, ceiling_.count());
    const Millis chosen{wait(random_)};
    ceiling_ = std::min(longest_, ceiling_ * 2);
    return chosen;
  }

  /// A try succeeded: start small again.
  void reset() { ceiling_ = first_; }

 private:
  Millis first_;
  Millis longest_;
  Millis ceiling_;
  std::minstd_rand random_;
};

}  // namespace sensors

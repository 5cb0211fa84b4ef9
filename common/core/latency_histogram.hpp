// LatencyHistogram counts durations by how long they are, in fixed buckets, so that a status can carry it and a
// monitoring system can work out percentiles over any time. Owned by a Logic, on the loop thread. Pure.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "common/core/time.hpp"

namespace sensors {

class LatencyHistogram {
 public:
  /// Upper ends of the buckets, in milliseconds: from a broker on the same machine to the longest deadline of an
  /// upload.
  static constexpr std::array<int, 12> bounds_ms{1, 2, 5, 10, 25, 50, 100, 250, 1'000, 2'500, 10'000, 30'000};

  /// Counts one that took `took`, which is not negative.
  void observe(Instant::duration took) {
    const std::chrono::duration<double, std::milli> exact = took;
    for (std::size_t i = 0; i < bounds_ms.size(); ++i) {
      if (exact.count() <= bounds_ms.at(i)) ++counts_.at(i);
    }
    sum_ms_ += exact.count();
    ++count_;
  }

  /// How many took at most bounds_ms[i]: each holds those before it as well.
  const std::array<std::uint64_t, bounds_ms.size()>& counts() const { return counts_; }
  double sum_ms() const { return sum_ms_; }
  std::uint64_t count() const { return count_; }

 private:
  std::array<std::uint64_t, bounds_ms.size()> counts_{};
  double sum_ms_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace sensors

// Timeline keeps what happened last, to be read when a check fails. It costs nothing until it is switched on: a run
// that failed is replayed with it.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "common/core/time.hpp"

namespace sensors::simulation {

class Timeline {
 public:
  /// Keeps the last `lines`; 0: off.
  explicit Timeline(std::size_t lines) : most_(lines) {}

  bool is_on() const { return most_ > 0; }

  /// "  1:02:03.004 node-1/sensor-publisher  killed"
  void add(Millis since_start, std::string_view who, std::string_view what) {
    if (!is_on()) return;
    const auto ms = since_start.count();
    lines_.push_back(fmt::format("{:4}:{:02}:{:02}.{:03} {:28} {}", ms / 3'600'000, ms / 60'000 % 60, ms / 1'000 % 60,
                                 ms % 1'000, who, what));
    if (lines_.size() > most_) lines_.pop_front();
  }

  const std::deque<std::string>& lines() const { return lines_; }

 private:
  std::size_t most_;
  std::deque<std::string> lines_;
};

}  // namespace sensors::simulation

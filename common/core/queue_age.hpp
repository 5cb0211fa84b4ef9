// QueueAge tells how long the oldest entry of a queue has waited and how fast entries leave, from the positions at
// its two ends. It samples, so that it costs nothing an entry. Owned by a Logic, on the loop thread. Pure.
#pragma once

#include <cstdint>
#include <deque>

#include "common/core/time.hpp"

namespace sensors {

class QueueAge {
 public:
  /// Entries up to `entered` had come, and entries up to `left` had gone, at `now`. What has gone may come back, and
  /// what waits may become fewer without leaving.
  void note(std::uint64_t entered, std::uint64_t left, Instant now) {
    if (!started_) {
      started_ = true;
      rate_since_ = now;
      rate_left_ = left;
    }
    if (samples_.empty() || (entered > samples_.back().position && now - samples_.back().at >= spacing_)) {
      samples_.push_back({entered, now});
    }
    if (samples_.size() > max_samples) thin();
    while (!samples_.empty() && samples_.front().position <= left) samples_.pop_front();
    waiting_ = entered > left;
    if (!waiting_) samples_.clear();  // also when entries that had come are gone without having left
    rate_left_ = std::min(rate_left_, left);
    left_ = left;
    if (waiting_ && samples_.empty()) samples_.push_back({entered, now});
  }

  /// Since when the oldest entry has waited, to the nearest sample; zero when nothing waits.
  Millis oldest(Instant now) const {
    return waiting_ ? std::chrono::duration_cast<Millis>(now - samples_.front().at) : Millis{0};
  }

  /// Entries that left per second since the last call; the last figure again when that was less than a second ago.
  double take_rate(Instant now) {
    const double seconds = std::chrono::duration<double>(now - rate_since_).count();
    if (seconds < 1) return rate_;
    rate_ = static_cast<double>(left_ - rate_left_) / seconds;
    rate_since_ = now;
    rate_left_ = left_;
    return rate_;
  }

 private:
  static constexpr std::size_t max_samples = 512;

  struct Sample {
    std::uint64_t position;
    Instant at;
  };

  /// Half the samples at twice the spacing, when a queue has waited for long.
  void thin() {
    std::deque<Sample> kept;
    for (std::size_t i = 0; i < samples_.size(); i += 2) kept.push_back(samples_[i]);
    samples_ = std::move(kept);
    spacing_ *= 2;
  }

  std::deque<Sample> samples_;
  Millis spacing_{100};
  bool started_ = false;
  bool waiting_ = false;
  std::uint64_t left_ = 0;
  std::uint64_t rate_left_ = 0;
  Instant rate_since_{};
  double rate_ = 0;
};

}  // namespace sensors

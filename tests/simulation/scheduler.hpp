// Scheduler is virtual time: what is to happen, in order. Time jumps to the next thing that happens, so that idle hours
// cost nothing. What is due at the same instant happens in the order in which it was asked for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "common/core/time.hpp"

namespace sensors::simulation {

class Scheduler {
 public:
  /// Services never see the zero of the monotonic time line.
  static constexpr Instant start{std::chrono::hours{1}};

  Instant now() const { return now_; }
  std::uint64_t events() const { return events_; }

  /// `action` happens at `when`, or now when that is over.
  void at(Instant when, std::function<void()> action) {
    heap_.push_back({std::max(when, now_), ++asked_, std::move(action)});
    std::push_heap(heap_.begin(), heap_.end());
  }

  /// Lets the next thing happen if it is due by `end`; else false, and it is `end`.
  bool run_next(Instant end) {
    if (heap_.empty() || heap_.front().when > end) {
      now_ = std::max(now_, end);
      return false;
    }
    std::pop_heap(heap_.begin(), heap_.end());
    const Entry entry = std::move(heap_.back());
    heap_.pop_back();
    now_ = entry.when;
    ++events_;
    entry.action();
    return true;
  }

 private:
  struct Entry {
    Instant when;
    std::uint64_t number;
    std::function<void()> action;
    /// The heap's top is its greatest: the earliest, and of those the first asked for.
    bool operator<(const Entry& other) const { return when != other.when ? when > other.when : number > other.number; }
  };

  std::vector<Entry> heap_;
  Instant now_ = start;
  std::uint64_t asked_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace sensors::simulation

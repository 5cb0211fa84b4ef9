// EventQueue keeps a service's events, the lines of its history, while the broker is away: a breaker that opens because
// of that is told when the broker is back. The newest are kept. Owned by a Logic, on the loop thread. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "common/core/service_events.hpp"

namespace sensors {

class EventQueue {
 public:
  static constexpr std::size_t most = 100;

  void add(MqttPublish event) {
    if (events_.size() == most) {
      events_.pop_front();
      ++dropped_;
    }
    events_.push_back(std::move(event));
  }

  /// Everything that waits, oldest first.
  std::deque<MqttPublish> take() { return std::exchange(events_, {}); }

  /// Those that gave way to newer ones, since the start.
  std::uint64_t dropped() const { return dropped_; }

 private:
  std::deque<MqttPublish> events_;
  std::uint64_t dropped_ = 0;
};

}  // namespace sensors

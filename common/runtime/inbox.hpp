// Inbox is the one way into a service's loop: threads of adapters put events in, the loop takes them out in
// order. The control lane (acknowledgements, results, timers) is never refused; its senders are bounded by the
// work that the Logic has outstanding. The data lane (messages, readings) is refused when full, and counted.
// While the loop looks into it by itself (poll()), data wakes nobody: under load a wake-up costs more than the
// work that it is for. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace sensors {

struct InboxLimits {
  std::size_t data_events = 50'000;
  std::size_t data_bytes = 32 * 1024 * 1024;
};

template <class Event>
class Inbox {
 public:
  /// `wake` is called, on the caller's thread, once between two calls of take_all(), which it must make the loop call.
  Inbox(InboxLimits limits, std::function<void()> wake) : limits_(limits), wake_(std::move(wake)) {}

  void push_control(Event event) {
    bool wakes = false;
    {
      const std::lock_guard lock(mutex_);
      events_.push_back(std::move(event));
      wakes = !std::exchange(woken_, true);
    }
    if (wakes) wake_();
  }

  /// All of them with one wake-up.
  template <class Control>
  void push_control(std::vector<Control> events) {
    bool wakes = false;
    {
      const std::lock_guard lock(mutex_);
      for (Control& event : events) events_.push_back(std::move(event));
      wakes = !std::exchange(woken_, true);
    }
    if (wakes) wake_();
  }

  /// False, and counted, when the data lane is full. `size_bytes` is what the event holds in memory.
  bool push_data(Event event, std::size_t size_bytes) {
    bool wakes = false;
    {
      const std::lock_guard lock(mutex_);
      if (data_events_ >= limits_.data_events || data_bytes_ + size_bytes > limits_.data_bytes) {
        ++refused_;
        return false;
      }
      ++data_events_;
      data_bytes_ += size_bytes;
      events_.push_back(std::move(event));
      wakes = !polled_ && !std::exchange(woken_, true);
    }
    if (wakes) wake_();
    return true;
  }

  /// From now on the loop calls take_all() by itself, soon and again and again, or no longer does so; then it calls
  /// take_all() once more afterwards.
  void poll(bool polled) {
    const std::lock_guard lock(mutex_);
    polled_ = polled;
  }

  /// Moves everything into `taken`, which must be empty; its memory becomes the inbox's, so that neither allocates.
  /// How many of them are data.
  std::size_t take_all(std::vector<Event>& taken) {
    const std::lock_guard lock(mutex_);
    events_.swap(taken);
    data_bytes_ = 0;
    woken_ = false;
    return std::exchange(data_events_, 0);
  }

  /// Data events refused since the start.
  std::uint64_t refused() const { return refused_; }

 private:
  const InboxLimits limits_;
  const std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<Event> events_;
  std::size_t data_events_ = 0;
  std::size_t data_bytes_ = 0;
  bool woken_ = false;   // the loop will come
  bool polled_ = false;  // the loop comes by itself
  std::atomic<std::uint64_t> refused_ = 0;
};

}  // namespace sensors

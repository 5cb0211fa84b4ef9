// EventLoop is the thread that owns a service's state: it runs one handler when woken, one when a timer is due,
// and one on SIGTERM or SIGINT. A thin front of Boost.Asio, which stays in the .cpp.
#pragma once

#include <functional>
#include <memory>

#include "common/core/time.hpp"
#include "common/runtime/clocks.hpp"

namespace sensors {

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();

  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Makes the loop call the wake handler soon. Any thread; never blocks.
  void wake();

  void on_wake(std::function<void()> handler);

  /// Calls `handler` on the loop when SIGTERM or SIGINT arrives, each time.
  void on_stop_signal(std::function<void()> handler);

  /// A one-shot timer, loop thread only; setting it again replaces it.
  class Timer {
   public:
    explicit Timer(EventLoop& loop, std::function<void()> handler);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    void set(Instant at);
    void cancel();

   private:
    class State;
    std::unique_ptr<State> state_;
  };

  /// Runs until stop(); the calling thread becomes the loop.
  void run();
  void stop();

 private:
  friend class Timer;
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace sensors

// EventLoop is the thread that owns a service's state: it runs one handler when woken, one when a timer is due,
// one on SIGTERM or SIGINT, and one on SIGHUP. A thin front of Boost.Asio, which stays in the .cpp.
// Made first and destroyed last in a service: as long as it exists a stop signal ends the process in bounded time.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/core/time.hpp"
#include "common/runtime/clocks.hpp"

namespace boost::asio {
class io_context;
}

namespace sensors {

class EventLoop {
 public:
  /// Below TimeoutStopSec=5, after which systemd kills.
  static constexpr Millis default_stop_deadline{4'500};

  /// From now on a stop signal ends the process within `stop_deadline`, or at once before on_stop_signal(): see
  /// ExitDeadline.
  explicit EventLoop(Millis stop_deadline = default_stop_deadline);
  ~EventLoop();

  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Makes the loop call the wake handler soon. Any thread; never blocks.
  void wake();

  void on_wake(std::function<void()> handler);

  /// Calls `handler` on the loop when SIGTERM or SIGINT arrives, each time.
  void on_stop_signal(std::function<void()> handler);

  /// Calls `handler` on the loop when SIGHUP arrives, each time; an empty one does nothing then. Without this the
  /// signal ends the process, as a terminal that is closed ends a command.
  void on_reload_signal(std::function<void()> handler);

  /// What an end waits for from now on, for the log when the deadline passes.
  void end_waits_for(std::string what);

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

  /// For adapters whose sockets the loop waits for.
  boost::asio::io_context& context();

 private:
  friend class Timer;
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace sensors

// ExitDeadline ends the process in bounded time once it was asked to end, whatever hangs by then: a disk, a resolver, a
// destructor, the loop itself. It takes SIGTERM and SIGINT on a thread of its own, so that nothing can keep it from it.
// Ending so loses nothing: what is not committed is not acknowledged, and comes again after the restart.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/core/time.hpp"

namespace sensors {

class ExitDeadline {
 public:
  /// Of a process that had to be ended: EX_TEMPFAIL of sysexits.h.
  static constexpr int exit_code = 75;

  /// Watches from now on. The first signal starts `deadline`, another one does not put it off; when it has passed, the
  /// process logs what it waited for and which threads are left, and ends with `exit_code`, without destructors.
  explicit ExitDeadline(Millis deadline);

  /// Ends the watch: the process ends by itself.
  ~ExitDeadline();

  ExitDeadline(const ExitDeadline&) = delete;
  ExitDeadline& operator=(const ExitDeadline&) = delete;

  /// `handler` asks the process to end. Called at each signal on the thread of this; it must not block. Until there is
  /// one the process is only starting: a signal ends it at once, with EXIT_SUCCESS. Any thread.
  void on_signal(std::function<void()> handler);

  /// What an end waits for from now on, for the log: "a commit of the outbox". Any thread.
  void waits_for(std::string what);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace sensors

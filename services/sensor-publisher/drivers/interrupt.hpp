// Interrupt is a wait that another thread can end for good: how a driver waits, so that stopping never takes a
// deadline. One eventfd. wait() on the driver's thread, raise() on any.
#pragma once

#include "common/core/time.hpp"

namespace sensors {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// Ends the wait under way and each one after it.
  void raise();

  /// Takes raise() back; on the driver's thread.
  void clear();

  enum class Wake { readable, timed_out, interrupted };

  /// Waits until `fd` is readable or at its end (-1: for nothing), `until` has come, or raise() was called.
  Wake wait(int fd, Instant until);

 private:
  int event_fd_;
};

}  // namespace sensors

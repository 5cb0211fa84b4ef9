// DriverWorker gives a driver its own thread, so that a read that hangs in the kernel hangs nothing else. Such a
// thread is left behind, never waited for. start_read() and destruction on the loop; the callback on the thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "services/sensor-publisher/drivers/driver.hpp"

namespace sensors {

class DriverWorker {
 public:
  /// `callback` is called after each read, on the driver's thread, with every sample stamped; never after the
  /// destructor has returned. It must not block, nor destroy the worker. The driver's own waits get 4/5 of `deadline`,
  /// so that a read that takes longer than `deadline` hangs. `name` is cut to 15 characters.
  DriverWorker(const std::string& name, std::unique_ptr<Driver> driver, Millis deadline,
               std::function<void(DriverReport)> callback);

  /// stop(), and waits 100 ms for a read under way. If it returns, the driver is ended properly (a `command` program
  /// within its grace); if not, thread and driver are left behind until the read returns.
  ~DriverWorker();

  DriverWorker(const DriverWorker&) = delete;
  DriverWorker& operator=(const DriverWorker&) = delete;

  /// Interrupts the driver, which then ends on its thread; there is no other read. Never blocks: the drivers of a
  /// service that are all told before the first is destroyed end at the same time.
  void stop();

  /// Driver::finish(). Never blocks.
  void finish();

  /// Begins a read of at most `room` samples (see Driver::allow); false, and nothing happens, while one is under way.
  /// Never blocks.
  bool start_read(std::size_t room);

 private:
  struct State;
  static void run(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;  // owned by this object and by the thread, which may outlive it
  std::thread thread_;
};

}  // namespace sensors

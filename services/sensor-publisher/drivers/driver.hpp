// Driver is the one interface between the publisher and its sensors. A driver lives on its DriverWorker's thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "services/sensor-publisher/drivers/sample.hpp"

namespace sensors {

/// A channel that is there and gave no value this time. Whether that is trouble, Patience decides.
struct NoValue {
  std::string sensor;
  Error error;
};

struct DriverReport {
  std::vector<Sample> samples;
  std::vector<Error> errors;  // each is one sensor or line that failed; the others go on
  bool ended = false;         // nothing more will ever come: a replay at its end
  std::vector<NoValue> no_values{};
  std::uint64_t passed_over = 0;  // of no_values, those that Patience found to be no trouble
};

class Driver {
 public:
  virtual ~Driver() = default;

  /// Takes one round of readings. May block, also for ever (a sysfs read can hang in the kernel): call it on a worker.
  /// `deadline` bounds the waits that are the driver's own.
  virtual DriverReport read(Millis deadline) = 0;

  /// Ends a wait of the driver's own: read() returns soon, now and from now on. Any thread; never blocks.
  virtual void interrupt() {}
};

}  // namespace sensors

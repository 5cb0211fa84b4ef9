// Driver is the one interface between the publisher and its sensors. A driver lives on its DriverWorker's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
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

/// Text of others that could not be read, or was the last of a program: what happened, which does not vary with the
/// text, and the text itself, to be quoted.
struct BadLine {
  Error why;
  std::string line;
};

struct DriverReport {
  std::vector<Sample> samples;
  std::vector<Error> errors;  // each is one sensor or line that failed; the others go on
  bool ended = false;         // nothing more will ever come: a replay at its end, a program that finish() ended
  std::vector<NoValue> no_values{};
  std::uint64_t passed_over = 0;        // of no_values, those that Patience found to be no trouble
  std::vector<std::string> off{};       // sensors that are switched off: there, and with nothing to say
  std::vector<BadLine> bad_lines = {};  // each is an error, and the other lines go on

  /// What one channel gave.
  void add(const std::string& sensor, const Result<double>& number, std::string unit) {
    if (number.has_value()) {
      samples.push_back({sensor, *number, std::move(unit), std::nullopt});
    } else {
      no_values.push_back({sensor, number.error()});
    }
  }
};

class Driver {
 public:
  virtual ~Driver() = default;

  /// Takes one round of readings. May block, also for ever (a sysfs read can hang in the kernel): call it on a worker.
  /// `deadline` bounds the waits that are the driver's own.
  virtual DriverReport read(Millis deadline) = 0;

  /// The next read()s give at most so many samples, 1 or more, where what is left can wait where it comes from (the
  /// pipe of a program, a file). A round of devices is given whole. On the thread of read().
  virtual void allow(std::size_t samples) { static_cast<void>(samples); }

  /// No more is wanted than what is there already: a driver whose rest would be lost goes on giving it, and reports
  /// `ended` behind the last. It ends a wait of its own, once. Any thread; never blocks.
  virtual void finish() { interrupt(); }

  /// Ends a wait of the driver's own: read() returns soon, now and from now on. Any thread; never blocks.
  virtual void interrupt() {}
};

}  // namespace sensors

// Patience decides when a channel that gives no value is in trouble. Some are switched off, and some fail now and then
// as they are built (a DHT11 does in a quarter of its reads): neither sends anybody to look at the wiring. Pure.
#pragma once

#include <map>
#include <string>

#include "services/sensor-publisher/drivers/driver.hpp"

namespace sensors {

class Patience {
 public:
  /// A channel that fails to be read is in trouble once nothing came of it for `limit`, and for least_failures rounds.
  /// 0 ms: at once.
  explicit Patience(Millis limit) : limit_(limit) {}

  static constexpr int least_failures = 5;

  /// Moves what is trouble from report.no_values to report.errors and counts the rest in report.passed_over. A channel
  /// that is off (ErrorCode::rejected: ENODATA) never is, and is named in report.off; io, timeout and corrupt may pass;
  /// all else is at once.
  void sift(DriverReport& report, Instant now);

 private:
  struct Silence {
    Instant since{};
    int failures = 0;
  };
  bool is_trouble(const NoValue& no_value, Instant now);

  Millis limit_;
  std::map<std::string, Silence> silences_;  // by sensor, of those that failed last; as many as the driver has channels
};

}  // namespace sensors

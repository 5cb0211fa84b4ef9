#include "services/sensor-publisher/drivers/patience.hpp"

#include <utility>

namespace sensors {

void Patience::sift(DriverReport& report, Instant now) {
  for (const Sample& sample : report.samples) silences_.erase(sample.sensor);
  for (NoValue& no_value : std::exchange(report.no_values, {})) {
    if (is_trouble(no_value, now)) {
      report.errors.push_back(std::move(no_value.error));
    } else {
      ++report.passed_over;
      if (no_value.error.code == ErrorCode::rejected) report.off.push_back(std::move(no_value.sensor));
    }
  }
}

bool Patience::is_trouble(const NoValue& no_value, Instant now) {
  const ErrorCode code = no_value.error.code;
  if (code == ErrorCode::rejected) {
    silences_.erase(no_value.sensor);
    return false;
  }
  if (code != ErrorCode::io && code != ErrorCode::timeout && code != ErrorCode::corrupt) return true;
  Silence& silence = silences_.try_emplace(no_value.sensor, Silence{now, 0}).first->second;
  ++silence.failures;
  return limit_ == Millis::zero() || (silence.failures >= least_failures && now - silence.since >= limit_);
}

}  // namespace sensors

// SampleFilter decides which samples of a driver become readings, and as which: it calibrates numbers, refuses what is
// broken and suppresses what is noise. Owned by the publisher's Logic. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/core/reading.hpp"
#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "services/sensor-publisher/drivers/sample.hpp"
#include "services/sensor-publisher/drivers/sensor_options.hpp"

namespace sensors {

class SampleFilter {
 public:
  explicit SampleFilter(SensorOptionsMap options = {}) : options_(std::move(options)) {}

  /// The reading to store; nothing when the deadband suppresses it; ErrorCode::invalid when it breaks a rule of
  /// validate(), is outside min..max or below what physics allows (0 K). A sample without time is stamped now.wall.
  Result<std::optional<Reading>> take(Sample sample, Now now);

  /// What is configured for `sensor`; the defaults when nothing is.
  const SensorOptions& options_of(std::string_view sensor) const;

  std::uint64_t accepted() const { return accepted_; }
  std::uint64_t suppressed() const { return suppressed_; }
  std::uint64_t refused() const { return refused_; }

 private:
  struct LastSent {
    Value value;
    Instant at;
  };
  bool is_noise(const Reading& reading, const SensorOptions& options, Instant now) const;

  SensorOptionsMap options_;
  std::map<std::string, LastSent, std::less<>> last_sent_;  // of sensors with a deadband only, so bounded by options_
  std::uint64_t accepted_ = 0;
  std::uint64_t suppressed_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace sensors

#include "services/sensor-publisher/logic/sample_filter.hpp"

#include <cmath>
#include <utility>

#include "services/sensor-publisher/logic/calibration.hpp"

namespace sensors {

namespace {

const SensorOptions default_options;

constexpr double absolute_zero_cel = -273.15;

std::string number_text(double number) {
  std::string text = std::to_string(number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

Result<void> check_range(const Reading& reading, const SensorOptions& options) {
  const double* number = std::get_if<double>(&reading.value);
  if (number == nullptr) return {};
  // Without the value itself, so that the log can tell a repetition.
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::invalid, "sensor " + reading.sensor + ": value " + why);
  };
  if (options.min.has_value() && *number < *options.min)
    return refuse("is below its min " + number_text(*options.min) + " " + reading.unit);
  if (options.max.has_value() && *number > *options.max)
    return refuse("is above its max " + number_text(*options.max) + " " + reading.unit);
  if ((reading.unit == "Cel" && *number < absolute_zero_cel) || (reading.unit == "K" && *number < 0)) {
    return refuse("is below absolute zero; check the sensor and its wiring");
  }
  return {};
}

}  // namespace

const SensorOptions& SampleFilter::options_of(std::string_view sensor) const {
  const auto found = options_.find(sensor);
  return found == options_.end() ? default_options : found->second;
}

Result<std::optional<Reading>> SampleFilter::take(Sample sample, Now now) {
  const SensorOptions& options = options_of(sample.sensor);
  if (double* number = std::get_if<double>(&sample.value))
    *number = publisher::calibrated(options.calibration, *number);
  Reading reading{std::move(sample.sensor), std::move(sample.value), options.unit.value_or(std::move(sample.unit)),
                  sample.time.value_or(now.wall), sample.uptime};
  if (!sample.time.has_value() && !now.clock_synced) reading.uptime = uptime_at(now.monotonic);
  Result<void> checked = validate(reading);
  if (checked.has_value()) checked = check_range(reading, options);
  if (!checked.has_value()) ++refused_;
  TRY(checked);
  if (is_noise(reading, options, now.monotonic)) {
    ++suppressed_;
    return std::optional<Reading>{};
  }
  if (options.deadband > 0) last_sent_.insert_or_assign(reading.sensor, LastSent{reading.value, now.monotonic});
  ++accepted_;
  return std::optional<Reading>{std::move(reading)};
}

bool SampleFilter::is_noise(const Reading& reading, const SensorOptions& options, Instant now) const {
  if (options.deadband <= 0) return false;
  const auto last = last_sent_.find(reading.sensor);
  if (last == last_sent_.end() || now - last->second.at >= options.deadband_max_age) return false;
  const double* number = std::get_if<double>(&reading.value);
  const double* last_number = std::get_if<double>(&last->second.value);
  if (number == nullptr || last_number == nullptr) return reading.value == last->second.value;
  return std::abs(*number - *last_number) < options.deadband;
}

}  // namespace sensors

#include "services/sensor-publisher/logic/silence.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sensors::publisher {

namespace {

// So many are named in the line that says which were forgotten.
constexpr std::size_t named_in_a_line = 20;

}  // namespace

Silence::Silence(const std::vector<DriverSchedule>& drivers, SilenceOptions options, std::string node)
    : node_(std::move(node)), watch_(options) {
  for (const DriverSchedule& schedule : drivers)
    drivers_.push_back({schedule, watch_.source(node_, schedule.name), {}});
}

/// A device is expected at its driver's interval, which the pace stretches unless it is critical; a read of it may take
/// its deadline besides. What a program or a file gives is expected as it comes, and no sooner than it is asked for.
SilenceWatch::Rhythm Silence::rhythm_of(std::size_t driver, std::string_view sensor, const Pacing& pacing) const {
  const DriverSchedule& schedule = drivers_[driver].schedule;
  SilenceWatch::Rhythm rhythm;
  rhythm.learns = schedule.is_stream;
  rhythm.is_stretched = true;
  if (const auto options = schedule.sensors.find(sensor); options != schedule.sensors.end()) {
    rhythm.own = options->second.silence;
    rhythm.is_stretched = !options->second.critical;
  }
  rhythm.planned = rhythm.is_stretched ? pacing.stretched(schedule.interval) : schedule.interval;
  if (!rhythm.learns) {
    rhythm.planned = std::max(rhythm.planned, Millis{1});
    rhythm.patience = schedule.deadline;
  }
  return rhythm;
}

void Silence::restore(std::vector<KnownSensor> kept, const Pacing& pacing, Now now, Effects& effects) {
  std::map<std::string, std::vector<std::string>> forgotten;
  for (KnownSensor& sensor : kept) {
    sensor.node = node_;
    const bool is_configured = std::any_of(drivers_.begin(), drivers_.end(), [&sensor](const DriverState& driver) {
      return driver.schedule.name == sensor.source;
    });
    if (!is_configured) forgotten[sensor.source].push_back(sensor.sensor);
  }
  const auto rhythm = [&](const KnownSensor& sensor) {
    const auto driver = std::find_if(drivers_.begin(), drivers_.end(), [&sensor](const DriverState& known) {
      return known.schedule.name == sensor.source;
    });
    return driver == drivers_.end()
               ? SilenceWatch::Rhythm{}
               : rhythm_of(static_cast<std::size_t>(driver - drivers_.begin()), sensor.sensor, pacing);
  };
  watch_.restore(kept, rhythm, now);
  for (auto& [driver, names] : forgotten) {
    watch_.forget(watch_.source(node_, driver));
    const std::size_t count = names.size();
    names.resize(std::min(count, named_in_a_line));
    effects.push_back(LogLine{
        LogLevel::info, fmt::format("driver {} is not configured any more: its sensors are forgotten, {}: {}{}", driver,
                                    count, fmt::join(names, ", "), names.size() < count ? ", ..." : "")});
  }
}

void Silence::pace_changed(const Pacing& pacing) {
  for (const DriverState& driver : drivers_) watch_.stretch(driver.source, pacing.stretched(driver.schedule.interval));
}

void Silence::fails(std::size_t driver, const std::string& why) {
  if (drivers_[driver].failure == why) return;
  drivers_[driver].failure = why;
  ++failures_;
}

SilentTopic::Failure Silence::failure_of(const KnownSensor& sensor) const {
  for (const DriverState& driver : drivers_) {
    if (driver.schedule.name == sensor.source && !driver.failure.empty()) return {sensor.source, driver.failure};
  }
  return {};
}

void Silence::advance(Self& self, Now now, Effects& effects) {
  topic_.advance(
      watch_, failures_, [this](const KnownSensor& sensor) { return failure_of(sensor); }, self, now, effects);
}

}  // namespace sensors::publisher

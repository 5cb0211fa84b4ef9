#include "services/sensor-publisher/intake.hpp"

#include <algorithm>
#include <utility>

namespace sensors::publisher {

namespace {

// A driver that is asked again at once but had nothing gets this rest, so that it cannot spin.
constexpr Millis empty_round_rest{100};

// Different complaints remembered for one driver; with more, the oldest is forgotten and may be logged again.
constexpr std::size_t max_complaints = 100;

}  // namespace

Intake::DriverState::DriverState(DriverSchedule s) : schedule(std::move(s)), filter(schedule.sensors) {
  has_critical = std::any_of(schedule.sensors.begin(), schedule.sensors.end(),
                             [](const auto& sensor) { return sensor.second.critical; });
}

Intake::Intake(std::vector<DriverSchedule> drivers) {
  for (DriverSchedule& schedule : drivers) drivers_.emplace_back(std::move(schedule));
}

Millis Intake::interval_of(const DriverState& driver, const Pacing& pacing) {
  return driver.has_critical ? driver.schedule.interval : pacing.stretched(driver.schedule.interval);
}

void Intake::advance(const Pacing& pacing, Now now, Effects& effects) {
  for (std::size_t i = 0; i < drivers_.size(); ++i) {
    DriverState& driver = drivers_[i];
    if (driver.under_way && !driver.stuck && now.monotonic >= driver.started + driver.schedule.deadline) {
      driver.stuck = true;
      ++driver_errors_;
      effects.push_back(LogLine{LogLevel::error, "driver " + driver.schedule.name + ": a read takes longer than " +
                                                     std::to_string(driver.schedule.deadline.count()) +
                                                     " ms; it is left behind and the others go on"});
    }
    if (driver.under_way || driver.ended || stopped_ || now.monotonic < driver.due.value_or(now.monotonic)) continue;
    driver.under_way = true;
    driver.started = now.monotonic;
    // Rounds keep their grid; a grid that was missed (a stuck read, a suspended machine) is not caught up.
    const Millis interval = interval_of(driver, pacing);
    driver.due = driver.due.value_or(now.monotonic) + interval;
    if (*driver.due < now.monotonic) driver.due = now.monotonic + interval;
    effects.push_back(StartRead{i});
  }
}

std::vector<Reading> Intake::take(DriverRead read, const Pacing& pacing, Now now, Effects& effects) {
  DriverState& driver = drivers_.at(read.driver);
  driver.under_way = false;
  driver.ended = read.report.ended;
  if (std::exchange(driver.stuck, false)) {
    effects.push_back(
        LogLine{LogLevel::info, "driver " + driver.schedule.name + ": the read that was left behind came back"});
  }
  if (read.report.samples.empty())
    driver.due = std::max(driver.due.value_or(now.monotonic), now.monotonic + empty_round_rest);

  const bool full_round = !driver.has_critical || now.monotonic >= driver.full_due;
  if (full_round) driver.full_due = now.monotonic + pacing.stretched(driver.schedule.interval);
  std::vector<Reading> readings;
  readings.reserve(read.report.samples.size());
  for (Sample& sample : read.report.samples) {
    if (!full_round && !driver.filter.options_of(sample.sensor).critical) continue;
    Result<std::optional<Reading>> taken = driver.filter.take(std::move(sample), now);
    if (!taken) {
      complain(driver, taken.error().message, effects);
    } else if (taken->has_value()) {
      readings.push_back(std::move(**taken));
    }
  }
  for (const Error& error : read.report.errors) complain(driver, error.message, effects);
  note_recovery(driver, effects);
  if (driver.ended) {
    effects.push_back(LogLine{LogLevel::info, "driver " + driver.schedule.name + ": has come to its end"});
  }
  taken_ += readings.size();
  return readings;
}

void Intake::complain(DriverState& driver, const std::string& message, Effects& effects) {
  ++driver_errors_;
  if (driver.complaints.size() >= max_complaints) driver.complaints.erase(driver.complaints.begin());
  if (driver.complaints.insert_or_assign(message, true).second) {
    effects.push_back(LogLine{LogLevel::warning, "driver " + driver.schedule.name + ": " + message});
  }
}

/// Forgets complaints that this round did not repeat.
void Intake::note_recovery(DriverState& driver, Effects& effects) {
  const bool had_complaints = !driver.complaints.empty();
  for (auto it = driver.complaints.begin(); it != driver.complaints.end();) {
    it = std::exchange(it->second, false) ? std::next(it) : driver.complaints.erase(it);
  }
  if (had_complaints && driver.complaints.empty()) {
    effects.push_back(LogLine{LogLevel::info, "driver " + driver.schedule.name + ": well again"});
  }
}

std::optional<Instant> Intake::wake_at() const {
  std::optional<Instant> at;
  const auto consider = [&at](Instant when) { at = at.has_value() ? std::min(*at, when) : when; };
  for (const DriverState& driver : drivers_) {
    if (driver.under_way) {
      if (!driver.stuck) consider(driver.started + driver.schedule.deadline);
    } else if (!driver.ended && !stopped_) {
      consider(driver.due.value_or(Instant{}));
    }
  }
  return at;
}

std::uint64_t Intake::suppressed() const {
  std::uint64_t sum = 0;
  for (const DriverState& driver : drivers_) sum += driver.filter.suppressed();
  return sum;
}

std::uint64_t Intake::refused() const {
  std::uint64_t sum = 0;
  for (const DriverState& driver : drivers_) sum += driver.filter.refused();
  return sum;
}

std::string Intake::ailing() const {
  std::string names;
  for (const DriverState& driver : drivers_) {
    if (driver.stuck || !driver.complaints.empty()) names += (names.empty() ? "" : ", ") + driver.schedule.name;
  }
  return names;
}

}  // namespace sensors::publisher

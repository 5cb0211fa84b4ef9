#include "services/sensor-publisher/intake.hpp"

#include <algorithm>
#include <utility>

namespace sensors::publisher {

namespace {

// A driver that is asked again at once but had nothing gets this rest, so that it cannot spin.
constexpr Millis empty_round_rest{100};

// Different complaints remembered for one driver; with more, the oldest is forgotten and may be logged again.
constexpr std::size_t max_complaints = 100;

// Sensors whose driver is remembered; those beyond it are not watched.
constexpr std::size_t max_owners = 10'000;

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

Instant Intake::due(const DriverState& driver, const Pacing& pacing) {
  if (!driver.round_at.has_value()) return Instant{};
  return std::max(*driver.round_at + interval_of(driver, pacing), driver.rest_until);
}

bool Intake::may_read(const DriverState& driver) const {
  const bool is_held = outbox_is_behind_ && driver.schedule.interval == Millis::zero();
  return !driver.under_way && !driver.ended && !stopped_ && !is_held;
}

void Intake::advance(const Pacing& pacing, bool outbox_is_behind, Now now, Effects& effects) {
  outbox_is_behind_ = outbox_is_behind;
  for (std::size_t i = 0; i < drivers_.size(); ++i) {
    DriverState& driver = drivers_[i];
    if (driver.under_way && !driver.stuck && now.monotonic >= driver.started + driver.schedule.deadline) {
      driver.stuck = true;
      ++driver_errors_;
      say(LogLevel::error, driver,
          "a read takes longer than " + std::to_string(driver.schedule.deadline.count()) +
              " ms; it is left behind and the others go on",
          now, effects);
    }
    const Instant due_at = due(driver, pacing);
    if (!may_read(driver) || now.monotonic < due_at) continue;
    driver.under_way = true;
    driver.started = now.monotonic;
    // Rounds keep their grid; a grid that was missed (a stuck read, a suspended machine) is not caught up.
    const bool is_missed = now.monotonic - due_at >= interval_of(driver, pacing);
    driver.round_at = is_missed ? now.monotonic : due_at;
    effects.push_back(StartRead{i});
  }
}

/// Whether this round is also one for the sensors that are not critical: those keep the pace. Half an interval of
/// tolerance, because rounds are on a grid and never later than it for their own sake.
bool Intake::counts_for_all(DriverState& driver, const Pacing& pacing) {
  const Millis own = driver.schedule.interval;
  const bool counts = !driver.has_critical || !driver.full_round_at.has_value() ||
                      *driver.round_at + own / 2 >= *driver.full_round_at + pacing.stretched(own);
  if (counts) driver.full_round_at = driver.round_at;
  return counts;
}

std::vector<Reading> Intake::take(DriverRead read, const Pacing& pacing, Now now, Effects& effects) {
  DriverState& driver = drivers_.at(read.driver);
  driver.under_way = false;
  driver.ended = read.report.ended;
  if (!driver.round_at.has_value()) driver.round_at = now.monotonic;  // a read that nobody asked for
  if (std::exchange(driver.stuck, false))
    say(LogLevel::info, driver, "the read that was left behind came back", now, effects);
  if (read.report.samples.empty()) driver.rest_until = now.monotonic + empty_round_rest;

  const bool full_round = counts_for_all(driver, pacing);
  std::vector<Reading> readings;
  readings.reserve(read.report.samples.size());
  for (Sample& sample : read.report.samples) {
    if (!full_round && !driver.filter.options_of(sample.sensor).critical) continue;
    Result<std::optional<Reading>> taken = driver.filter.take(std::move(sample), now);
    if (!taken) {
      complain(driver, taken.error().message, now, effects);
    } else if (taken->has_value()) {
      note_owner(read.driver, (*taken)->sensor, now, effects);
      readings.push_back(std::move(**taken));
    }
  }
  for (const Error& error : read.report.errors) complain(driver, error.message, now, effects);
  no_values_ += read.report.passed_over;
  note_recovery(driver, now, effects);
  if (driver.ended) say(LogLevel::info, driver, "has come to its end", now, effects);
  taken_ += readings.size();
  return readings;
}

/// A program that prints rubbish must not flood the log as well.
void Intake::say(LogLevel level, const DriverState& driver, const std::string& text, Now now, Effects& effects) {
  auto line = throttle_.add(level, "driver " + driver.schedule.name, text, now.monotonic);
  if (line.has_value()) effects.push_back(std::move(*line));
}

void Intake::complain(DriverState& driver, const std::string& message, Now now, Effects& effects) {
  ++driver_errors_;
  if (driver.complaints.size() >= max_complaints) driver.complaints.erase(driver.complaints.begin());
  if (driver.complaints.insert_or_assign(message, true).second) say(LogLevel::warning, driver, message, now, effects);
}

/// Two drivers that have a sensor of one name make one history of two things. Both are kept, and it is said.
void Intake::note_owner(std::size_t driver, const std::string& sensor, Now now, Effects& effects) {
  if (drivers_.size() < 2) return;
  const auto known = owners_.find(sensor);
  if (known == owners_.end()) {
    if (owners_.size() < max_owners) owners_.emplace(sensor, driver);
    return;
  }
  if (known->second == driver) return;
  ++shared_names_;
  complain(drivers_[driver],
           "sensor " + sensor + " is also one of driver " + drivers_[known->second].schedule.name +
               "; their readings are in one history. Give one of the two a 'prefix' or another name",
           now, effects);
}

/// Forgets complaints that this round did not repeat.
void Intake::note_recovery(DriverState& driver, Now now, Effects& effects) {
  const bool had_complaints = !driver.complaints.empty();
  for (auto it = driver.complaints.begin(); it != driver.complaints.end();) {
    it = std::exchange(it->second, false) ? std::next(it) : driver.complaints.erase(it);
  }
  if (had_complaints && driver.complaints.empty()) say(LogLevel::info, driver, "well again", now, effects);
}

std::optional<Instant> Intake::wake_at(const Pacing& pacing) const {
  std::optional<Instant> at;
  const auto consider = [&at](Instant when) { at = at.has_value() ? std::min(*at, when) : when; };
  for (const DriverState& driver : drivers_) {
    if (driver.under_way && !driver.stuck) consider(driver.started + driver.schedule.deadline);
    if (may_read(driver)) consider(due(driver, pacing));
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

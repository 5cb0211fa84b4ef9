#include "services/sensor-publisher/logic/intake.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/core/printable.hpp"
#include "common/core/secret_name.hpp"

namespace sensors::publisher {

namespace {

// A driver that is asked again at once but had nothing gets this rest, so that it cannot spin.
constexpr Millis empty_round_rest{100};

// When the service ends, a round of devices that is under way is waited for so long.
constexpr Millis last_round{1'000};

// So much of a line that cannot be read is quoted.
constexpr std::size_t longest_quote_bytes = 120;

// Different complaints remembered for one driver; with more, the oldest is forgotten and may be logged again.
constexpr std::size_t max_complaints = 100;

// Of so many drivers the status says what is wrong, in so many bytes each.
constexpr std::size_t max_told = 5;
constexpr std::size_t longest_told_bytes = 300;

// Sensors whose driver is remembered; those beyond it are not watched.
constexpr std::size_t max_owners = 10'000;

std::string count_of(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string stuck_text(const DriverSchedule& driver) {
  return "a read takes longer than " + std::to_string(driver.deadline.count()) +
         " ms; it is left behind and the others go on";
}

}  // namespace

Intake::DriverState::DriverState(DriverSchedule s) : schedule(std::move(s)), filter(schedule.sensors) {
  has_critical = std::any_of(schedule.sensors.begin(), schedule.sensors.end(),
                             [](const auto& sensor) { return sensor.second.critical; });
  has_deadband = std::any_of(schedule.sensors.begin(), schedule.sensors.end(),
                             [](const auto& sensor) { return sensor.second.deadband > 0; });
  keeps_raw = std::any_of(schedule.sensors.begin(), schedule.sensors.end(),
                          [](const auto& sensor) { return sensor.second.keeps_raw; });
}

Intake::Intake(std::vector<DriverSchedule> drivers, Silence& silence) : silence_(silence) {
  for (DriverSchedule& schedule : drivers) drivers_.emplace_back(std::move(schedule));
}

Millis Intake::interval_of(const DriverState& driver, const Pacing& pacing) {
  return driver.has_critical ? driver.schedule.interval : pacing.stretched(driver.schedule.interval);
}

Instant Intake::due(const DriverState& driver, const Pacing& pacing) {
  if (!driver.round_at.has_value() || driver.is_reading_out) return Instant{};
  return std::max(*driver.round_at + interval_of(driver, pacing), driver.rest_until);
}

bool Intake::is_held(const DriverState& driver) const {
  return driver.schedule.is_stream ? room_.of_a_stream == 0 : room_.is_full;
}

bool Intake::may_read(const DriverState& driver) const {
  return !driver.under_way && !driver.ended && (!stopped_ || driver.is_reading_out) && !is_held(driver);
}

/// A driver that is not asked, or from which no more can come, keeps no sensor silent.
void Intake::tell_silence(std::size_t driver, Now now) {
  const DriverState& state = drivers_[driver];
  silence_.asked(driver, !stopped_ && !state.ended && (state.under_way || !is_held(state)), now);
  const bool is_well = !state.stuck && state.complaints.empty();
  silence_.fails(driver, is_well ? "" : printable_line(trouble_of(state), longest_told_bytes));
}

void Intake::stop(Now now, Effects& effects) {
  stopped_ = true;
  for (std::size_t i = 0; i < drivers_.size(); ++i) {
    DriverState& driver = drivers_[i];
    driver.is_reading_out = driver.schedule.read_out > Millis::zero();
    driver.read_out_by = now.monotonic + (driver.is_reading_out ? driver.schedule.read_out : last_round);
    effects.push_back(FinishDriver{i});
  }
}

/// Whether there is more to come from it when the service ends.
bool Intake::is_owed(const DriverState& driver) {
  const bool has_round = driver.under_way && !driver.stuck;
  return !driver.ended && !driver.is_cut_off && (has_round || driver.is_reading_out);
}

bool Intake::is_read_out() const { return std::none_of(drivers_.begin(), drivers_.end(), &Intake::is_owed); }

void Intake::cut_off_if_late(DriverState& driver, Now now, Effects& effects) {
  if (!stopped_ || !is_owed(driver) || now.monotonic < driver.read_out_by) return;
  driver.is_cut_off = true;
  say(LogLevel::error, driver,
      std::exchange(driver.is_reading_out, false)
          ? "was cut off: what its program had printed and was not read in time is lost"
          : "was cut off: its last round took too long for the end of the service",
      now, effects);
}

void Intake::advance(const Pacing& pacing, RoomForReadings room, Now now, Effects& effects) {
  room_ = room;
  for (std::size_t i = 0; i < drivers_.size(); ++i) {
    DriverState& driver = drivers_[i];
    if (driver.under_way && !driver.stuck && now.monotonic >= driver.started + driver.schedule.deadline) {
      driver.stuck = true;
      ++driver_errors_;
      say(LogLevel::error, driver, stuck_text(driver.schedule), now, effects);
    }
    cut_off_if_late(driver, now, effects);
    tell_silence(i, now);
    const Instant due_at = due(driver, pacing);
    if (!may_read(driver) || now.monotonic < due_at) continue;
    driver.under_way = true;
    driver.started = now.monotonic;
    // Rounds keep their grid; a grid that was missed (a stuck read, a suspended machine) is not caught up.
    const bool is_missed = now.monotonic - due_at >= interval_of(driver, pacing);
    driver.round_at = is_missed ? now.monotonic : due_at;
    effects.push_back(StartRead{i, std::max<std::size_t>(room.of_a_stream, 1)});
  }
}

/// Whether this round is also one for the sensors that are not critical: those keep the pace. What a stream gives is
/// not there a second time, so all of its rounds are. Half an interval of
/// tolerance, because rounds are on a grid and never later than it for their own sake.
bool Intake::counts_for_all(DriverState& driver, const Pacing& pacing) {
  const Millis own = driver.schedule.interval;
  const bool counts = driver.schedule.is_stream || !driver.has_critical || !driver.full_round_at.has_value() ||
                      *driver.round_at + own / 2 >= *driver.full_round_at + pacing.stretched(own);
  if (counts) driver.full_round_at = driver.round_at;
  return counts;
}

/// Numbers as the driver gave them, beside what calibration makes of them.
void Intake::add_raw(std::vector<Sample>& samples, const SampleFilter& filter) {
  const std::size_t count = samples.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (!filter.options_of(samples[i].sensor).keeps_raw || !std::holds_alternative<double>(samples[i].value)) continue;
    samples.push_back(samples[i]);
    samples.back().sensor += raw_suffix;
  }
}

std::vector<Reading> Intake::take(DriverRead read, const Pacing& pacing, Now now, Effects& effects) {
  DriverState& driver = drivers_.at(read.driver);
  driver.under_way = false;
  driver.ended = read.report.ended;
  if (!driver.round_at.has_value()) driver.round_at = now.monotonic;  // a read that nobody asked for
  if (std::exchange(driver.stuck, false))
    say(LogLevel::info, driver, "the read that was left behind came back", now, effects);
  const bool has_samples = !read.report.samples.empty();
  if (!has_samples) driver.rest_until = now.monotonic + empty_round_rest;

  for (auto& [kind, complaint] : driver.complaints) complaint.is_repeated = false;
  const bool full_round = counts_for_all(driver, pacing);
  std::vector<Reading> readings;
  readings.reserve(read.report.samples.size());
  if (driver.keeps_raw) add_raw(read.report.samples, driver.filter);
  for (Sample& sample : read.report.samples) {
    if (!full_round && !driver.filter.options_of(sample.sensor).critical) {
      ++left_out_;
      silence_.alive(read.driver, sample.sensor, pacing, now);
      continue;
    }
    const std::string name = driver.has_deadband ? sample.sensor : std::string();
    Result<std::optional<Reading>> taken = driver.filter.take(std::move(sample), now);
    if (!taken) {
      complain(driver, taken.error().message, {}, now, effects);
    } else if (!taken->has_value()) {
      silence_.heard(read.driver, name, now.wall, pacing, now);
    } else {
      silence_.heard(read.driver, (*taken)->sensor, (*taken)->time, pacing, now);
      note_owner(read.driver, (*taken)->sensor, now, effects);
      readings.push_back(std::move(**taken));
    }
  }
  for (const std::string& off : read.report.off) silence_.alive(read.driver, off, pacing, now);
  for (const Error& error : read.report.errors) complain(driver, error.message, {}, now, effects);
  for (const BadLine& bad : read.report.bad_lines) complain(driver, bad.why.message, bad.line, now, effects);
  no_values_ += read.report.passed_over;
  // That nothing came of a stream, and nothing went wrong, shows nothing: its program may wait to be started again.
  if (has_samples || !driver.schedule.is_stream) note_recovery(driver, now, effects);
  if (driver.ended && !stopped_) say(LogLevel::info, driver, "has come to its end", now, effects);
  taken_ += readings.size();
  return readings;
}

/// A program that prints rubbish must not flood the log as well. False when the line was left out.
bool Intake::say(LogLevel level, const DriverState& driver, const std::string& text, Now now, Effects& effects) {
  auto line = throttle_.add(level, "driver " + driver.schedule.name, text, now.monotonic);
  if (line.has_value()) effects.push_back(std::move(*line));
  return line.has_value();
}

/// Once for each kind, with the first `line` of it, which is others' text. What the log had no room for is said later,
/// if it is still so. The log stays on this machine; the status, which has the words of it, does not.
void Intake::complain(DriverState& driver, const std::string& kind, std::string_view line, Now now, Effects& effects) {
  ++driver_errors_;
  ++driver.errors_since_well;
  if (driver.complaints.size() >= max_complaints) driver.complaints.erase(driver.complaints.begin());
  const auto [known, is_new] = driver.complaints.try_emplace(kind);
  known->second.is_repeated = true;
  if (is_new) known->second.number = driver.errors_since_well;
  if (!is_new && driver.said.contains(kind)) return;
  const std::string quoted = line.empty() ? "" : ": \"" + printable_line(line, longest_quote_bytes) + "\"";
  if (!say(LogLevel::warning, driver, kind + quoted, now, effects)) return;
  if (driver.said.size() >= max_complaints) driver.said.erase(driver.said.begin());
  driver.said.insert_or_assign(kind, kind + (may_hold_secret(line) ? ": (only the log has it)" : quoted));
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
           {}, now, effects);
}

/// Forgets complaints that this round did not repeat.
void Intake::note_recovery(DriverState& driver, Now now, Effects& effects) {
  const bool had_complaints = !driver.complaints.empty();
  for (auto it = driver.complaints.begin(); it != driver.complaints.end();) {
    it = it->second.is_repeated ? std::next(it) : driver.complaints.erase(it);
  }
  if (!driver.complaints.empty()) return;
  const std::uint64_t errors = std::exchange(driver.errors_since_well, 0);
  if (had_complaints) say(LogLevel::info, driver, "well again after " + count_of(errors, "error"), now, effects);
}

std::optional<Instant> Intake::wake_at(const Pacing& pacing) const {
  std::optional<Instant> at;
  const auto consider = [&at](Instant when) { at = at.has_value() ? std::min(*at, when) : when; };
  for (const DriverState& driver : drivers_) {
    if (driver.under_way && !driver.stuck) consider(driver.started + driver.schedule.deadline);
    if (may_read(driver)) consider(due(driver, pacing));
    if (stopped_ && is_owed(driver)) consider(driver.read_out_by);
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

/// What the log said last of what is so now: the status changes no more often than the log does, or than a driver fails
/// that it has named before.
std::string Intake::trouble_of(const DriverState& driver) {
  if (driver.stuck) return stuck_text(driver.schedule);
  std::string text = "has errors that the log had no room for yet";
  std::uint64_t last = 0;
  for (const auto& [kind, complaint] : driver.complaints) {
    const auto said = driver.said.find(kind);
    if (said == driver.said.end() || complaint.number <= last) continue;
    text = said->second;
    last = complaint.number;
  }
  return text;
}

std::string Intake::ailing() const {
  std::string text;
  std::size_t count = 0;
  for (const DriverState& driver : drivers_) {
    if (!driver.stuck && driver.complaints.empty()) continue;
    if (++count > max_told) continue;
    text += (text.empty() ? "" : "; ") + driver.schedule.name + ": " +
            printable_line(trouble_of(driver), longest_told_bytes);
  }
  if (count > max_told) text += "; and " + count_of(count - max_told, "more driver");
  return text;
}

void Intake::describe(StatusWriter& status) const {
  StatusWriter& counters = status.in("counters");
  counters.add("taken", taken_);
  counters.add("suppressed", suppressed());
  counters.add("refused", refused());
  counters.add("left_out", left_out_);
  counters.add("driver_errors", driver_errors_);
  counters.add("no_values", no_values_);
  counters.add("shared_names", shared_names_);
}

}  // namespace sensors::publisher

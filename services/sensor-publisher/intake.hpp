// Intake decides when each driver is read, and turns what drivers report into readings: it keeps the pace, refuses what
// is broken, and says once what is wrong with a driver and once that it is well again. Part of the Logic. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/core/pacing.hpp"
#include "services/sensor-publisher/drivers/sample_filter.hpp"
#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/logic_options.hpp"

namespace sensors::publisher {

class Intake {
 public:
  explicit Intake(std::vector<DriverSchedule> drivers);

  /// Starts the rounds that are due, and reports drivers that are stuck.
  void advance(const Pacing& pacing, Now now, Effects& effects);

  /// The readings of a finished round. Everything that did not become one is counted and logged.
  std::vector<Reading> take(DriverRead read, const Pacing& pacing, Now now, Effects& effects);

  /// No more rounds.
  void stop() { stopped_ = true; }

  std::optional<Instant> wake_at() const;

  std::uint64_t taken() const { return taken_; }
  std::uint64_t suppressed() const;
  std::uint64_t refused() const;
  std::uint64_t driver_errors() const { return driver_errors_; }
  /// Names of drivers whose round is overdue or whose last round had errors; empty when all are well.
  std::string ailing() const;

 private:
  struct DriverState {
    explicit DriverState(DriverSchedule s);
    DriverSchedule schedule;
    SampleFilter filter;
    bool has_critical = false;
    bool under_way = false;
    bool stuck = false;
    bool ended = false;
    Instant started{};
    std::optional<Instant> due;              // next round; nothing before the first, which is at once
    Instant full_due{};                      // next round that counts for sensors that are not critical
    std::map<std::string, bool> complaints;  // message to "still so in this round"; bounded by the driver's errors
  };

  void complain(DriverState& driver, const std::string& message, Effects& effects);
  void note_recovery(DriverState& driver, Effects& effects);
  static Millis interval_of(const DriverState& driver, const Pacing& pacing);

  std::vector<DriverState> drivers_;
  bool stopped_ = false;
  std::uint64_t taken_ = 0;
  std::uint64_t driver_errors_ = 0;
};

}  // namespace sensors::publisher

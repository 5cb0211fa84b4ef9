// Intake decides when each driver is read, and turns what drivers report into readings: it keeps the pace, refuses what
// is broken, and says once what is wrong with a driver and once that it is well again. Part of the Logic. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/codec/status_writer.hpp"
#include "common/core/log_throttle.hpp"
#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/logic/logic_options.hpp"
#include "services/sensor-publisher/logic/outbox_writer.hpp"
#include "services/sensor-publisher/logic/pacing.hpp"
#include "services/sensor-publisher/logic/sample_filter.hpp"
#include "services/sensor-publisher/logic/silence.hpp"

namespace sensors::publisher {

class Intake {
 public:
  /// `silence` hears which sensors are there; it must outlive this.
  Intake(std::vector<DriverSchedule> drivers, Silence& silence);

  /// Starts the rounds that are due and for which there is `room`, and reports drivers that are stuck.
  void advance(const Pacing& pacing, RoomForReadings room, Now now, Effects& effects);

  /// The readings of a finished round. Everything that did not become one is counted and logged.
  std::vector<Reading> take(DriverRead read, const Pacing& pacing, Now now, Effects& effects);

  /// The service ends: no more rounds, but for those that read out what drivers have already given.
  void stop(Now now, Effects& effects);

  /// After stop(): all that drivers had to give was taken, or its time is over.
  bool is_read_out() const;

  std::optional<Instant> wake_at(const Pacing& pacing) const;

  /// "co2: REASON" of each driver whose round is overdue, or whose errors are not over, in the words of its log,
  /// but for what a program printed that may hold a secret, and joined by "; "; of at most five, and how many more
  /// there are. Empty when all are well.
  std::string ailing() const;

  void describe(StatusWriter& status) const;

 private:
  struct Complaint {
    bool is_repeated = true;   // in the round that is taken
    std::uint64_t number = 0;  // the later one has the greater
  };
  struct DriverState {
    explicit DriverState(DriverSchedule s);
    DriverSchedule schedule;
    SampleFilter filter;
    bool has_critical = false;
    bool has_deadband = false;
    bool keeps_raw = false;
    bool under_way = false;
    bool stuck = false;
    bool ended = false;
    bool is_reading_out = false;  // after stop(), one round follows the other
    bool is_cut_off = false;      // its time was over
    Instant started{};
    std::optional<Instant> round_at;       // when the last round was due; nothing before the first, which is at once
    std::optional<Instant> full_round_at;  // the last round that counted for sensors that are not critical
    Instant rest_until{};
    Instant read_out_by{};  // after stop()
    std::uint64_t errors_since_well = 0;
    std::map<std::string, Complaint> complaints;  // by message without what it quotes; at most 100
    std::map<std::string, std::string> said;      // by the same, also when it is over: as others are told; at most 100
  };

  static void add_raw(std::vector<Sample>& samples, const SampleFilter& filter);
  std::uint64_t suppressed() const;
  std::uint64_t refused() const;
  void complain(DriverState& driver, const std::string& kind, std::string_view line, Now now, Effects& effects);
  void note_owner(std::size_t driver, const std::string& sensor, Now now, Effects& effects);
  void note_recovery(DriverState& driver, Now now, Effects& effects);
  bool say(LogLevel level, const DriverState& driver, const std::string& text, Now now, Effects& effects);
  static std::string trouble_of(const DriverState& driver);
  static bool counts_for_all(DriverState& driver, const Pacing& pacing);
  static Millis interval_of(const DriverState& driver, const Pacing& pacing);
  static Instant due(const DriverState& driver, const Pacing& pacing);
  bool may_read(const DriverState& driver) const;
  bool is_held(const DriverState& driver) const;
  void tell_silence(std::size_t driver, Now now);
  static bool is_owed(const DriverState& driver);
  void cut_off_if_late(DriverState& driver, Now now, Effects& effects);

  Silence& silence_;
  std::vector<DriverState> drivers_;
  LogThrottle throttle_{10};
  bool stopped_ = false;
  RoomForReadings room_;
  std::uint64_t taken_ = 0;
  std::uint64_t left_out_ = 0;  // values of rounds for critical sensors only, that the pace left out
  std::uint64_t driver_errors_ = 0;
  std::uint64_t no_values_ = 0;                          // reads of a channel that is off, or failed for once
  std::uint64_t shared_names_ = 0;                       // readings of a sensor that another driver has as well
  std::unordered_map<std::string, std::size_t> owners_;  // by sensor: the driver that had it first
};

}  // namespace sensors::publisher

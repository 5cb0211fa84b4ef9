// Silence knows how often each sensor of this publisher should come, and whether it is asked at all: by its driver, by
// the pace, by what its program usually does. SilenceWatch judges by that. Part of the Logic. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/codec/control_json.hpp"
#include "common/core/silence_watch.hpp"
#include "common/self/silent_topic.hpp"
#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/logic/logic_options.hpp"
#include "services/sensor-publisher/logic/pacing.hpp"

namespace sensors::publisher {

class Silence {
 public:
  /// A driver is its place in `drivers`.
  Silence(const std::vector<DriverSchedule>& drivers, SilenceOptions options, std::string node);

  /// What the outbox kept. Sensors of a driver that is not configured any more are forgotten, with a line.
  void restore(std::vector<KnownSensor> kept, const Pacing& pacing, Now now, Effects& effects);

  /// A value of `time` came of it, whatever becomes of the value.
  void heard(std::size_t driver, std::string_view sensor, WallTime time, const Pacing& pacing, Now now) {
    watch_.heard(source_of(driver), sensor, time, rhythm_of(driver, sensor, pacing), now);
  }

  /// It is there, without a value.
  void alive(std::size_t driver, std::string_view sensor, const Pacing& pacing, Now now) {
    watch_.alive(source_of(driver), sensor, rhythm_of(driver, sensor, pacing), now);
  }

  /// Drivers are asked at another pace from now on.
  void pace_changed(const Pacing& pacing);

  /// Whether `driver` is asked at all. Not to be asked is no silence.
  void asked(std::size_t driver, bool is_asked, Now now) {
    watch_.judge(source_of(driver), is_asked ? SilenceWatch::Judged::here : SilenceWatch::Judged::paused, now);
  }

  /// `why`: what is wrong with the driver now; empty: nothing.
  void fails(std::size_t driver, const std::string& why);

  /// An operator's order. False: no such sensor is known.
  bool forget(const ForgetOrder& order) { return watch_.forget(order.node, order.sensor); }

  void connected() { topic_.connected(); }
  void advance(Self& self, Now now, Effects& effects);
  std::optional<Instant> wake_at() const { return watch_.wake_at(); }
  void describe(StatusWriter& status) const { topic_.describe(watch_, status); }

  /// What is to be written of known sensors.
  SilenceWatch& watch() { return watch_; }
  const SilenceWatch& watch() const { return watch_; }

 private:
  struct DriverState {
    DriverSchedule schedule;
    SilenceWatch::Source source;
    std::string failure;
  };
  SilenceWatch::Source source_of(std::size_t driver) const { return drivers_[driver].source; }
  SilenceWatch::Rhythm rhythm_of(std::size_t driver, std::string_view sensor, const Pacing& pacing) const;
  SilentTopic::Failure failure_of(const KnownSensor& sensor) const;

  std::string node_;
  SilenceWatch watch_;
  std::vector<DriverState> drivers_;
  SilentTopic topic_;
  std::uint64_t failures_ = 0;  // how often what fails has changed
};

}  // namespace sensors::publisher

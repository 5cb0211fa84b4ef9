// Logic is the publisher without the world: a function from events and time to effects. It owns all state of the
// service, on the loop thread, and does no I/O, so that tests run it on virtual time.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/codec/topic.hpp"
#include "common/core/liveness.hpp"
#include "common/core/queue_age.hpp"
#include "common/core/queue_mark.hpp"
#include "common/core/sightings.hpp"
#include "common/self/self.hpp"
#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/logic/boot_clock.hpp"
#include "services/sensor-publisher/logic/downstream.hpp"
#include "services/sensor-publisher/logic/intake.hpp"
#include "services/sensor-publisher/logic/logic_options.hpp"
#include "services/sensor-publisher/logic/outbox_writer.hpp"
#include "services/sensor-publisher/logic/pacing.hpp"
#include "services/sensor-publisher/logic/sender.hpp"
#include "services/sensor-publisher/logic/silence.hpp"

namespace sensors::publisher {

/// What the service says of itself; `stream` is this run's, by which its statuses are known.
SelfOptions self_options(const LogicOptions& options, const std::string& stream);

class Logic {
 public:
  Logic(LogicOptions options, const OutboxContents& contents);

  Effects step(Event event, Now now);
  std::optional<Instant> wake_at() const;
  const Liveness& liveness() const { return liveness_; }

  /// What should hold after every step and does not; empty when all holds.
  std::string broken_invariant() const {
    std::string broken = writer_.broken_invariant();
    return broken.empty() ? sender_.broken_invariant() : broken;
  }
  const CircuitBreaker& breaker() const { return sender_.breaker(); }

  /// Readings that are not in the outbox yet, those of a write under way included.
  std::size_t readings_in_memory() const { return writer_.in_memory(); }

 private:
  void on(const Tick&, Now, Effects&) {}
  void on(const StopRequested&, Now now, Effects& effects);
  void on(const MqttConnected&, Now now, Effects& effects);
  void on(const MqttDisconnected& event, Now now, Effects& effects);
  void on(const MqttPublished& event, Now now, Effects& effects) { sender_.published(event, now, effects); }
  void on(const MqttMessage& event, Now now, Effects& effects);
  void on(DriverRead& event, Now now, Effects& effects);
  void on(OutboxWritten& event, Now now, Effects& effects);
  void on(OutboxReadDone& event, Now now, Effects& effects);
  void on(OutboxScanned& event, Now now, Effects& effects);
  void on(OutboxOpened& event, Now now, Effects& effects);

  // ---- logic_clock.cpp ----
  void watch_clock(Now now, Effects& effects);
  void report_correction(Now now, Effects& effects);
  void publish_boot_time(Effects& effects);

  void notice_store_process(const TopicView& topic, const MqttMessage& message);
  void notice_two_stores(const std::string& before, Now now, Effects& effects);
  void advance_two_stores(Now now, Effects& effects);
  // ---- logic_names.cpp ----
  void note_former_name(const OutboxContents& contents, Now now, Effects& effects);
  void note_calibrations(const OutboxContents& contents, Now now, Effects& effects);
  void subscribe(Effects& effects);

  void take_what_was_found(Now now, Effects& effects);
  void on_order(const MqttMessage& message, Now now, Effects& effects);
  void on_watermark(const MqttMessage& message, Now now, Effects& effects);
  void advance(Now now, Effects& effects);
  void advance_outbox(Now now, Effects& effects);
  void advance_stop(Now now, Effects& effects);
  bool may_give_up() const { return !exited_ && !writer_.failure().empty() && !writer_.outstanding(); }
  void open_outbox(Now now, Effects& effects);
  void give_up(const std::string& why, Effects& effects);
  void report_lost(Effects& effects) const;
  void distrust_outbox(const Error& error, Now now);
  void report_outbox_failure(Effects& effects);
  void report_opened(const OutboxContents& contents, Now now, Effects& effects);
  void advance_pace(Now now, Effects& effects);
  void update_status(Now now, Effects& effects);
  void report_status(Now now, Effects& effects);
  void describe(Now now, StatusWriter& status) const;
  std::string degraded_because() const;
  std::string pressure(Instant now) const;

  LogicOptions options_;
  Pacing pacing_;
  Silence silence_;
  Intake intake_;
  std::size_t streams_;  // drivers that share the room in memory
  OutboxWriter writer_;
  Sender sender_;
  QueueAge age_;
  BootClock clock_;
  std::uint64_t unsynced_readings_ = 0;  // taken while nobody vouched for the clock
  Liveness liveness_;
  Self self_;
  Downstream downstream_;
  Sightings two_stores_;
  std::string store_before_;          // that kept the readings before the present one, since the start
  std::set<std::string> followed_;    // nodes other than this whose watermarks are subscribed
  std::set<std::string> boot_nodes_;  // names under which readings of this boot may have been taken
  std::string former_node_;           // of the run before this one, where it was another
  QueueMark outbox_mark_;
  bool stopping_ = false;
  Instant stop_by_{};  // while stopping: readings that the outbox does not take are given up then
  bool exited_ = false;
  std::optional<OutboxContents> found_;  // by the shell, before the first step; reported then
  bool calibrations_are_told_ = false;
  bool outbox_was_found_ = false;       // it was opened once, so that positions are its
  std::string damage_;                  // that a statement found, to be salvaged at the next opening
  std::string outbox_failure_;          // as last logged
  bool thinning_ = false;               // as last reported
  std::uint64_t readings_damaged_ = 0;  // lost in a damaged outbox
  DiskFigures disk_;                    // after the last write of the outbox
  std::uint64_t malformed_ = 0;         // messages that could not be read; an order is told
};

}  // namespace sensors::publisher

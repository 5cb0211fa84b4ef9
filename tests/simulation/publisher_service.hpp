// PublisherService is a sensor-publisher in the simulation: the real Logic, an outbox in memory, drivers that give each
// reading a value of its own, and the checks on what it publishes.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/codec/reading_json.hpp"
#include "common/codec/silent_json.hpp"
#include "services/sensor-publisher/logic/logic.hpp"
#include "tests/simulation/breaker_watch.hpp"
#include "tests/simulation/broker_model.hpp"
#include "tests/simulation/outbox_model.hpp"
#include "tests/simulation/service.hpp"

namespace sensors::simulation {

class PublisherService : public HostedService<publisher::Logic, publisher::Event, publisher::Effect> {
 public:
  PublisherService(World& world, BrokerModel& broker, publisher::LogicOptions options, InboxSize inbox);

  OutboxModel& outbox() { return outbox_; }
  const OutboxModel& outbox() const { return outbox_; }
  const std::string& client_id() const { return client_id_; }

  /// Its machine is called as another one is; what the broker calls it stays different, as it has a random part.
  void be_twin() { client_id_ += "-twin"; }
  const publisher::LogicOptions& options() const { return options_; }

  /// Its machine gets another name, while it does not run.
  void rename(const std::string& node);

  /// Its loop stands still from the next probe on until the probe's time is over; the answer may be there before.
  void stall_probe() { stalls_probe_ = true; }

  // ---- faults of the drivers ----

  /// The program prints so many readings at once.
  /// One that has ended prints nothing more.
  void burst(std::size_t readings) { burst_ = finishing_ ? burst_ : readings; }
  /// The next round of a driver takes so long.
  void hang_driver(Millis time) { driver_hang_ = time; }

  /// Two drivers have a sensor of one name.
  void share_names(bool shares) { shares_names_ = shares; }

  /// Nothing is read any more, when false.
  void set_reading(bool reads) { reads_ = reads; }

  /// What its last status said.
  Millis pace() const { return pace_; }
  bool has_reserve() const { return has_reserve_; }
  bool is_well() const { return is_well_; }

  // ---- silence: publisher_silence.cpp ----

  /// Sensors of devices that came in this run.
  std::vector<std::string> devices() const;

  /// Nothing has come of `sensors` for longer than may be.
  void check_silent(const std::vector<std::string>& sensors, const std::string& when) const;
  void check_none_silent() const;

  /// How often it told that sensors are silent, or back.
  std::uint64_t silence_events() const { return silence_events_; }

 private:
  void open() override;
  void closed(End how) override;
  void apply(publisher::Effect& effect) override;
  void before_step(const publisher::Event& event) override;
  void stepped() override;
  void logged(const LogLine& line) override;
  std::optional<Instant> waits_since() const override;
  Millis longest_wait() const override { return Millis{31'000}; }
  void unfrozen() override;

  void carry_out(const LogLine&) {}
  void carry_out(const Exit&) {}
  void carry_out(const ServiceStatus& status) { is_degraded_ = status.text.starts_with("degraded"); }
  void carry_out(const MqttReconnect&);
  void carry_out(const MqttSubscribe& more);
  void carry_out(MqttPublish& message);
  void carry_out(const publisher::StartRead& read);
  void carry_out(const publisher::FinishDriver& finish);
  void carry_out(publisher::OutboxWrite& write);
  void carry_out(const publisher::OutboxRead& read);
  void carry_out(const publisher::OutboxScan& scan);
  void carry_out(const publisher::OutboxOpen& open);

  void connect();
  Result<publisher::OutboxContents> open_outbox(const publisher::OutboxContents& known, bool is_settled);
  void on_outbox_worker(std::optional<Instant>& since, std::function<void()> job);
  void when_not_stalled(std::function<void()> job);
  void check_published(const MqttPublish& message);
  void check_sent(const Batch& batch);
  void check_written(const publisher::OutboxWrite& write);
  void note_status(const std::string& payload);
  void note_owners(const publisher::DriverRead& read);
  void note_heard(const publisher::DriverRead& read);
  void note_silent(const MqttPublish& message);
  void note_event(const MqttPublish& message);
  bool says_silent(const std::string& sensor) const;
  void answer(const publisher::StartRead& read, Millis took);
  DriverReport report(const publisher::StartRead& read);
  std::size_t values_of(const publisher::StartRead& read);
  void check_memory();

  BrokerModel& broker_;
  publisher::LogicOptions options_;
  std::string client_id_;
  OutboxModel outbox_;
  std::unique_ptr<MqttLink> link_;
  BreakerWatch breaker_;
  ReadingDecoder decoder_;
  std::string stream_;            // of this run
  bool knows_boot_time_ = false;  // its clock was right once in this run
  std::optional<publisher::OutboxWrite> writing_;
  Position deletion_asked_through_ = 0;   // in this run
  std::optional<Instant> writing_since_;  // what the outbox worker has to do, and since when
  std::optional<Instant> reading_since_;
  std::optional<Instant> scanning_since_;
  std::optional<Instant> opening_since_;
  Instant worker_free_at_{};
  bool has_reserve_ = false;                           // on the disk: it outlives a run
  bool outbox_fails_ = false;                          // as the Logic knows: it may publish from memory
  bool failed_in_this_run_ = false;                    // it did so once
  bool says_outbox_fails_ = false;                     // in its log
  bool is_degraded_ = false;                           // says its status
  bool sends_from_memory_ = false;                     // in the step under way
  std::map<std::string, std::uint64_t> sent_through_;  // by stream, in this run
  bool gave_up_ = false;                               // it said that readings in memory are lost
  std::set<std::uint64_t> in_flight_;                  // readings and batches without PUBACK
  std::set<std::uint64_t> of_former_;                  // those of them under an earlier name
  bool connected_ = false;
  bool stalls_probe_ = false;
  std::size_t burst_ = 0;                              // in the pipe of the program
  std::map<std::size_t, publisher::StartRead> asked_;  // rounds under way
  std::uint64_t rounds_ = 0;
  std::map<std::size_t, std::uint64_t> round_of_;  // of asked_
  bool finishing_ = false;                         // its drivers were told so
  bool cut_off_ = false;                           // it said so
  Millis driver_hang_{0};
  bool shares_names_ = false;
  std::map<std::string, std::size_t> owners_;  // of the names of sensors in this run: the first driver that had it
  std::uint64_t shared_ = 0;                   // readings that another driver had under that name
  bool reads_ = true;
  Millis pace_{0};
  bool is_well_ = false;
  struct Heard {
    Instant at{};
    Millis least{0};  // that it may be silent
  };
  std::map<std::string, Heard> devices_;  // sensors of devices, in this run
  SilentReport silent_;                   // as last said
  std::uint64_t silence_events_ = 0;
};

}  // namespace sensors::simulation

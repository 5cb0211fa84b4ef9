// PersistenceService is a sensor-persistence in the simulation: the real Logic and a store in memory.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "common/codec/reading_json.hpp"
#include "services/sensor-persistence/logic/logic.hpp"
#include "tests/simulation/broker_model.hpp"
#include "tests/simulation/service.hpp"
#include "tests/simulation/store_model.hpp"

namespace sensors::simulation {

class PersistenceService : public HostedService<persistence::Logic, persistence::Event, persistence::Effect> {
 public:
  PersistenceService(World& world, BrokerModel& broker, persistence::LogicOptions options, InboxSize inbox);

  StoreModel& store() { return store_; }
  const persistence::LogicOptions& options() const { return options_; }
  const std::string& client_id() const { return client_id_; }

  /// Its machine gets another name, while it does not run.
  void rename(const std::string& node);

  /// What its last status said.
  bool is_well() const { return is_well_; }
  bool has_reserve() const { return has_reserve_; }

 private:
  void open() override;
  void closed(End how) override;
  void apply(persistence::Effect& effect) override;
  void before_step(const persistence::Event& event) override;
  void stepped() override;
  std::optional<Instant> waits_since() const override {
    return committing_.has_value() || is_opening_ ? std::optional(working_since_) : std::nullopt;
  }
  Millis longest_wait() const override { return is_opening_ ? options_.open_deadline : options_.commit_deadline; }
  void unfrozen() override;

  void carry_out(const LogLine&) {}
  void carry_out(const Exit&) {}
  void carry_out(const ServiceStatus&) {}
  void carry_out(MqttPublish& message);
  void carry_out(const persistence::OpenStore& open);
  void carry_out(persistence::CommitTransaction& transaction);
  void carry_out(const persistence::LoadStream& load);
  void carry_out(const persistence::MeasureStore&);
  void carry_out(const persistence::RunQuery& query);
  void carry_out(const persistence::ListDeadLetters& list);

  void connect();
  /// A job of the writing worker: in order, one after the other.
  void post(std::function<void()> job);
  void run_job(std::function<void()> job);
  void check_clocks(const persistence::CommitTransaction& transaction);
  void check_published(const MqttPublish& message);
  void note_times(const MqttMessage& message);
  void check_future(const std::string& status);
  void note_asked(const MqttMessage& message);
  void check_served(const MqttPublish& reply);

  BrokerModel& broker_;
  persistence::LogicOptions options_;
  std::string client_id_;
  StoreModel store_;
  std::unique_ptr<MqttLink> link_;
  std::optional<persistence::CommitTransaction> committing_;
  std::map<persistence::BootKey, Instant> held_since_;    // boots with rows that wait for their times
  std::map<persistence::BootKey, WallTime> heard_boots_;  // the same, with what it said last
  bool has_committed_ = false;                            // in the step under way
  bool is_stopping_ = false;
  std::set<persistence::BootKey> told_boots_;  // of which a publisher has said when they began, in this run
  ReadingDecoder decoder_;
  bool has_committed_once_ = false;   // in this run, or begun to
  bool observed_synced_ = false;      // its clock was vouched for at the last step
  bool was_misled_ = false;           // by a clock that was vouched for and wrong, ever
  std::uint64_t may_be_future_ = 0;   // readings of this run that are a day ahead of its clock
  std::uint64_t must_be_future_ = 0;  // those of them that nothing excuses
  struct Asked {
    std::string destination;
    Instant at;
  };
  std::map<std::pair<std::string, std::string>, Asked> asked_;     // uploads, by reply topic and correlation
  std::map<std::pair<std::string, std::string>, Instant> served_;  // when a client of a destination asked last
  bool has_reserve_ = false;                                       // on the disk: it outlives a run
  bool is_opening_ = false;
  bool is_open_ = false;
  Instant working_since_{};
  Instant worker_free_at_{};
  bool is_well_ = false;
};

}  // namespace sensors::simulation

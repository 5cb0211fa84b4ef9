// Logic is all that the persistence service decides: which readings are taken, when they are committed, what is
// acknowledged, handed out and deleted. A function of its events and the time; loop thread. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/codec/reading_json.hpp"
#include "common/codec/streams_json.hpp"
#include "common/codec/topic.hpp"
#include "common/core/disk_reserve.hpp"
#include "common/core/liveness.hpp"
#include "common/core/queue_age.hpp"
#include "common/core/queue_mark.hpp"
#include "common/core/service_run.hpp"
#include "common/self/self.hpp"
#include "services/sensor-persistence/events.hpp"
#include "services/sensor-persistence/logic/boot_clocks.hpp"
#include "services/sensor-persistence/logic/ingest.hpp"
#include "services/sensor-persistence/logic/recent_gaps.hpp"
#include "services/sensor-persistence/logic/retention.hpp"
#include "services/sensor-persistence/logic/rpc_desk.hpp"
#include "services/sensor-persistence/logic/service_counters.hpp"
#include "services/sensor-persistence/logic/silence.hpp"
#include "services/sensor-persistence/logic/store_health.hpp"
#include "services/sensor-persistence/logic/uploads.hpp"

namespace sensors::persistence {

struct LogicOptions {
  std::string root = "sensors";
  std::string node = "node";
  std::string instance;                 // of this process, random: what tells its statuses from those of another store
  std::vector<ServiceRun> former_runs;  // under other names of this machine
  IngestOptions ingest;
  RetentionOptions retention;
  BootClockOptions clock;
  std::vector<std::string> destinations;
  SilenceOptions silence;

  /// Rows that wait for the slowest destination: above `high` publishers are asked to slow down, at `limit` readings
  /// are refused, so that they wait in the publishers' outboxes.
  std::uint64_t queue_high = 10'000;
  std::uint64_t queue_limit = 50'000'000;

  /// Dead letters kept; beyond it the oldest go.
  std::size_t max_dead_letters = 10'000;

  Millis status_interval{10'000};

  /// Requests waiting for the store, and queries among them; one more is answered with `overloaded`.
  std::size_t max_calls = 32;
  std::size_t max_queries = 8;
  Millis query_time_limit{2'000};

  /// Longest time for one transaction before the watchdog is let down. Far above an SD card's worst pause.
  Millis commit_deadline{60'000};

  /// Longest time to open the store, and between two steps of a salvage, before the watchdog is let down.
  Millis open_deadline{120'000};

  /// How long the status tells of a salvage.
  Millis salvage_shown{3'600'000};

  StoreHealthOptions health;

  /// Whether a reserve file is kept beside the store; on a full disk it is tried again every health.retry_longest.
  bool keeps_reserve = true;
};

/// What the service says of itself.
SelfOptions self_options(const LogicOptions& options);

class Logic {
 public:
  explicit Logic(LogicOptions options);

  std::vector<Effect> step(Event event, Now now);
  std::optional<Instant> wake_at() const;
  const Liveness& liveness() const { return liveness_; }

  /// What should hold after every step and does not; empty when all holds.
  std::string broken_invariant() const {
    for (std::string broken : {ingest_.broken_invariant(), clocks_.broken_invariant(), uploads_.broken_invariant()})
      if (!broken.empty()) return broken;
    return "";
  }

  /// What the status says beside the state.
  void describe(Now now, StatusWriter& status) const;

 private:
  // ---- logic_store.cpp: opening the store, and what to do when it fails ----
  void on(StoreOpened event, Now now);
  void on(StoreProgressed, Now now);
  void open_store(Now now);
  void open_failed(const Error& error, Now now);
  void read_failed(const std::string& what, const Error& error, Now now);
  void found_failing(const std::string& what, const Error& error, Now now);
  void tell_of_salvage(const SalvageReport& report, Now now);
  void store_failed(const std::string& what, const std::optional<Error>& before, Now now);
  void answer_waiting(const Error& error);
  void note_reserve(bool held, Now now);
  bool reserve_is_due(Now now) const;
  void set_gate();
  std::string trouble() const;

  // ---- logic.cpp: commits, status, stopping ----
  void on(Tick, Now) {}
  void on(const MqttPublished&, Now) {}  // what was lost is said again: at the next connect, commit or duplicate
  void on(StopRequested, Now now);
  void on(MqttConnected, Now now);
  void on(const MqttDisconnected& event, Now now);
  void on(StoreCommitted event, Now now);
  void on(const StreamLoaded& event, Now now);
  void on(StoreMeasured event, Now now);
  void advance(Now now);
  void start_commit(Now now);
  bool commit_is_due(Now now) const;
  CommitTransaction next_transaction(Now now);
  void commit_succeeded(CommitReport report, Now now);
  void commit_failed(const Error& error, Now now);
  void note_gaps(const std::vector<StreamRows>& streams);
  void watch_clock(Now now);
  void fail_calls(const Error& error);
  void handed_out(const UploadBatch& batch, Now now);
  void withdrawn(const std::string& destination, Now now);
  void update_status(Now now);
  void report_status(Now now);
  void say_down(const std::string& reason, Now now);
  void finish_stopping(Now now);

  // ---- logic_messages.cpp: what arrives over the broker ----
  void on(const MqttMessage& message, Now now);
  void on(QueryDone event, Now now);
  void on_status(const TopicView& topic, const MqttMessage& message, Now now);
  void on_silent(const TopicView& topic, const MqttMessage& message, Now now);
  void on_order(const MqttMessage& message, Now now);
  void on_reading(const TopicView& topic, const MqttMessage& message, Now now);
  void on_backlog(const TopicView& topic, const MqttMessage& message, Now now);
  void on_clock(const TopicView& topic, const MqttMessage& message, Now now);
  void offer(const TopicView& topic, std::string_view publisher, Batch batch, Now now);
  void tell_of_refusals(Now now);
  void on_request(std::string_view verb, const MqttMessage& message, Now now);
  void on_upload(const ReplyTo& reply, const MqttMessage& message, Now now);
  void on_uploaded(const ReplyTo& reply, const MqttMessage& message, Now now);
  void on_withdraw(const ReplyTo& reply, const MqttMessage& message, Now now);
  bool is_bridge_of(const std::string& destination, const ReplyTo& reply, Now now);
  void on_query(const ReplyTo& reply, const MqttMessage& message, Now now);
  void on_streams(const ReplyTo& reply, const MqttMessage& message);
  void stream_loaded(const StreamLoaded& event);
  std::optional<std::uint64_t> open_query(const ReplyTo& reply);
  bool store_is_ready(const ReplyTo& reply);
  void refuse_message(std::string_view kind, const std::string& text, Now now);
  void refuse_call(const ReplyTo& reply, const Error& error);
  std::optional<std::uint64_t> open_call(const ReplyTo& reply);
  void answer(std::uint64_t call, std::string payload);
  void publish_reply(const ReplyTo& reply, std::string payload);

  // ---- logic_dead_letters.cpp ----
  void on(DeadLettersListed event, Now now);
  void on_dead_letters(const ReplyTo& reply, const MqttMessage& message);
  void dead_letters_changed(const DeadLetterReport& report, Now now);
  void describe_dead_letters(StatusWriter& status) const;

  // ---- publishing ----
  void publish(const std::string& topic, std::string payload, bool retain);
  void publish_watermarks(const std::vector<Watermark>& watermarks);
  void log(LogLevel level, std::string text);
  void note_times(const TopicView& topic, const Batch& batch, Now now);

  /// A call `streams` that waits for LoadStream.
  struct StreamsCall {
    std::uint64_t call = 0;
    std::vector<std::string> unknown;  // still
    StreamsAnswer answer;
  };

  struct ConfirmationCall {
    std::uint64_t call;
    Confirmation confirmation;
  };

  struct WithdrawalCall {
    std::uint64_t call;
    std::string destination;
  };

  LogicOptions options_;
  ReadingDecoder decoder_;
  Ingest ingest_;
  Uploads uploads_;
  Retention retention_;
  BootClocks clocks_;
  Silence silence_;
  QueueAge age_;
  RpcDesk desk_;
  Self self_;
  QueueMark mark_;
  ServiceCounters counters_;
  Liveness liveness_;
  StoreHealth health_;
  DiskReserve reserve_;
  std::vector<Effect> effects_;

  bool is_stopping_ = false;
  bool has_stopped_ = false;
  bool is_full_ = false;         // the upload queue is at its limit
  bool is_over_budget_ = false;  // the store is at its limit of bytes, and all of it waits for upload

  bool is_committing_ = false;
  bool commit_has_rows_ = false;
  RecentGaps recent_gaps_;
  std::optional<WallTime> newest_;  // when readings were committed last, by the clock as it was then
  std::string commit_gaps_;         // what to say about the gap records of the commit, empty when it has none
  std::vector<HandOut> waiting_hand_outs_;
  std::vector<ConfirmationCall> waiting_confirmations_;
  std::vector<DeadLetterChange> waiting_changes_;
  std::vector<WithdrawalCall> waiting_withdrawals_;
  std::vector<StreamsCall> waiting_streams_;
  std::vector<std::uint64_t> committing_hand_outs_;
  std::vector<ConfirmationCall> committing_confirmations_;
  std::vector<DeadLetterChange> committing_changes_;
  std::vector<WithdrawalCall> committing_withdrawals_;
  KnownSensorChanges committing_sensors_;
  std::size_t running_queries_ = 0;

  DeadLetterCounts dead_letters_;
  std::int64_t used_bytes_ = 0;
  DiskFigures disk_;  // as last measured
  bool is_measuring_ = false;
  bool is_to_announce_ = false;   // the newest watermarks, once readings are taken
  bool failure_is_said_ = false;  // of the store, in the log
  std::string salvage_;           // what the last one did, while the status tells of it
  Instant salvage_shown_until_{};
  bool is_up_ = false;  // the store has been opened, or that takes long: the service says how it is
};

}  // namespace sensors::persistence

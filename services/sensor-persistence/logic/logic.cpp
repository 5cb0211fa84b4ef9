// One transaction is outstanding. Rows, confirmations and hand-outs that come meanwhile wait for the next one:
//
//   state             | data     | RPC that writes | leaves by
//   committing well   | taken    | taken           | a commit fails
//   not working       | refused  | error answer    | StoreHealth: opened again, and a probe that commits
//   is_stopping_      | refused  | error answer    | nothing pending: status `down`, Exit
#include "services/sensor-persistence/logic/logic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/codec/control_json.hpp"
#include "common/codec/describe_shared.hpp"
#include "common/codec/status_json.hpp"

namespace sensors::persistence {
namespace {

// As many are known at most; a row of each takes about 60 bytes.
constexpr std::size_t most_sensors_in_a_commit = 10'000;

constexpr const char* commit_obligation = "a commit in the store";

}  // namespace

SelfOptions self_options(const LogicOptions& options) {
  return {.service = service_name,
          .root = options.root,
          .node = options.node,
          .instance = options.instance,
          .status_interval = options.status_interval,
          .tells_of_sensors = true,
          .is_only_one = true,
          .run = options.instance};
}

Logic::Logic(LogicOptions options)
    : options_(std::move(options)),
      ingest_(options_.ingest),
      uploads_(options_.destinations),
      retention_(options_.retention),
      clocks_(options_.clock),
      silence_(options_.silence),
      desk_(options_.root, options_.max_calls),
      self_(self_options(options_)),
      mark_(options_.queue_high),
      health_(options_.health),
      reserve_(options_.keeps_reserve, options_.health.retry_longest) {
  for (const ServiceRun& run : options_.former_runs) self_.add_former_run(run);
}

std::vector<Effect> Logic::step(Event event, Now now) {
  if (has_stopped_) return {};
  std::visit([&](auto& known) { on(std::move(known), now); }, event);
  advance(now);
  return std::exchange(effects_, {});
}

/// Everything that may be due after any event.
void Logic::advance(Now now) {
  open_store(now);
  set_gate();
  for (LoadStream& load : ingest_.take_loads()) effects_.push_back(std::move(load));
  start_commit(now);
  watch_clock(now);
  if (is_to_announce_ && self_.is_connected() && ingest_.is_open()) {
    is_to_announce_ = false;
    publish_watermarks(ingest_.newest());
  }
  publish_watermarks(ingest_.take_answers(now.monotonic));
  silence_.advance(self_.is_connected() && ingest_.is_open(), self_, now, effects_);
  self_.advance(now, effects_);
  tell_of_refusals(now);
  update_status(now);
  finish_stopping(now);
}

std::optional<Instant> Logic::wake_at() const {
  if (has_stopped_) return std::nullopt;
  std::optional<Instant> at = self_.wake_at();
  const auto consider = [&](std::optional<Instant> due) {
    if (due.has_value()) at = at.has_value() ? std::min(*at, *due) : *due;
  };
  consider(ingest_.answers_due_at());
  consider(silence_.wake_at());
  if (is_committing_) return at;
  if (health_.is_working()) {
    consider(ingest_.commit_due_at());
    consider(clocks_.due_at());
    consider(retention_.due_at());
    consider(reserve_.due_at());
  } else {
    consider(health_.due_at());
  }
  return at;
}

void Logic::on(StopRequested, Now) {
  is_stopping_ = true;
  silence_.watch().save_times();
}

void Logic::on(MqttConnected, Now now) {
  self_.connected(now, effects_);
  silence_.connected(now);
  is_to_announce_ = true;
}

void Logic::on(const MqttDisconnected& event, Now now) { self_.disconnected(event, now, effects_); }

void Logic::on(const StreamLoaded& event, Now now) {
  if (!event.state.has_value()) read_failed("cannot look up stream " + event.stream, event.state.error(), now);
  ingest_.loaded(event, now.monotonic);
  stream_loaded(event);
}

void Logic::on(StoreMeasured event, Now now) {
  is_measuring_ = false;
  if (!event.figures.has_value()) {
    const Error& error = event.figures.error();
    // The file that the writing connection has open: also of a store into which nothing is written for a while.
    if (error.code == ErrorCode::io && health_.is_open()) return found_failing("the store fails", error, now);
    return read_failed("cannot measure the store", error, now);
  }
  used_bytes_ = event.figures->used_bytes;
  disk_ = event.figures->disk;
}

// ---- commits ----

bool Logic::commit_is_due(Now now) const {
  if (!health_.is_working()) return !is_stopping_ && health_.probe_is_due(now.monotonic);
  const bool rows = ingest_.commit_is_due(now.monotonic) || (is_stopping_ && ingest_.pending_rows() > 0);
  const SilenceWatch& sensors = silence_.watch();
  return rows || sensors.has_urgent() || (is_stopping_ && sensors.has_unsaved()) || !waiting_hand_outs_.empty() ||
         !waiting_confirmations_.empty() || !waiting_changes_.empty() || !waiting_withdrawals_.empty() ||
         (!is_stopping_ && (clocks_.is_due(now.monotonic) || reserve_is_due(now)));
}

void Logic::start_commit(Now now) {
  if (is_committing_ || !health_.is_open()) return;
  bool is_due = commit_is_due(now);
  std::optional<RetentionStep> retention;
  if (health_.is_working() && !is_stopping_) {
    retention = retention_.take_step(now, uploads_.slowest_cursor(), used_bytes_);
    is_due = is_due || retention.has_value();
  }
  if (!is_due) return;
  CommitTransaction transaction = next_transaction(now);
  transaction.retention = retention;
  is_committing_ = true;
  liveness_.begin(commit_obligation, now.monotonic + options_.commit_deadline);
  effects_.push_back(std::move(transaction));
}

CommitTransaction Logic::next_transaction(Now now) {
  CommitTransaction transaction;
  transaction.time = now.wall;
  transaction.honest_time = retention_.honest_time(now);
  transaction.probe = !health_.is_working();
  transaction.reserve = reserve_.next(now.monotonic);
  transaction.streams = ingest_.take_pending();
  transaction.hand_outs = std::exchange(waiting_hand_outs_, {});
  commit_has_rows_ = !transaction.streams.empty();
  note_gaps(transaction.streams);
  recent_gaps_.begin(transaction.streams);
  for (const StreamRows& rows : transaction.streams) clocks_.rows_come(rows, now.monotonic);
  for (const StreamRows& rows : transaction.streams) silence_.heard(rows, now);
  if (health_.is_working()) committing_sensors_ = silence_.watch().take_unsaved(most_sensors_in_a_commit);
  transaction.sensors = committing_sensors_;
  clocks_.fill(transaction, now.monotonic);
  committing_withdrawals_ = std::exchange(waiting_withdrawals_, {});
  for (const WithdrawalCall& waiting : committing_withdrawals_) transaction.withdrawals.push_back(waiting.destination);
  committing_confirmations_ = std::exchange(waiting_confirmations_, {});
  for (const ConfirmationCall& waiting : committing_confirmations_)
    transaction.confirmations.push_back(waiting.confirmation);
  transaction.max_dead_letters = options_.max_dead_letters;
  committing_changes_ = std::exchange(waiting_changes_, {});
  transaction.dead_letter_changes = committing_changes_;
  committing_hand_outs_.clear();
  for (const HandOut& hand_out : transaction.hand_outs) committing_hand_outs_.push_back(hand_out.call);
  return transaction;
}

void Logic::note_gaps(const std::vector<StreamRows>& streams) {
  commit_gaps_.clear();
  std::size_t records = 0;
  for (const StreamRows& rows : streams) {
    if (records == 0 && !rows.gaps.empty()) {
      const Gap& gap = rows.gaps.front();
      commit_gaps_ = fmt::format("{}/{}, stream {}: {}..{} lost ({})", rows.node, rows.publisher, rows.stream,
                                 gap.first, gap.last, gap.reason);
    }
    records += rows.gaps.size();
  }
  if (records > 1) commit_gaps_ += fmt::format(", and {} gap records more", records - 1);
}

void Logic::on(StoreCommitted event, Now now) {
  is_committing_ = false;
  liveness_.end(commit_obligation);
  if (event.report.has_value()) {
    commit_succeeded(std::move(*event.report), now);
    reserve_.written();
  } else {
    if (event.report.error().code == ErrorCode::disk_full) reserve_.disk_full(now.monotonic);
    commit_failed(event.report.error(), now);
  }
  if (event.reserve_held.has_value()) note_reserve(*event.reserve_held, now);
}

void Logic::commit_succeeded(CommitReport report, Now now) {
  ++counters_.commits;
  committing_sensors_ = {};
  const bool was_failing = health_.is_open() && !health_.is_working();
  health_.commit_succeeded(report.last_id, commit_has_rows_);
  recent_gaps_.committed(now.wall);
  if (commit_has_rows_) newest_ = now.wall;
  used_bytes_ = report.used_bytes;
  uploads_.rows_added(report.last_id);
  if (const std::string repaired = clocks_.committed(report); !repaired.empty()) {
    self_.announce("clock", {LogLevel::info, repaired}, now, effects_);
  }
  if (report.retention.has_value()) retention_.done(*report.retention, now.monotonic);
  if (!committing_confirmations_.empty() || !committing_withdrawals_.empty()) retention_.uploaded(now.monotonic);
  publish_watermarks(ingest_.committed(now.monotonic));
  for (const ConfirmationCall& done : std::exchange(committing_confirmations_, {})) {
    uploads_.confirmed(done.confirmation);
    answer(done.call, encode_uploaded_answer(uploads_.answer(done.confirmation.destination)));
  }
  if (report.dead_letters.has_value()) dead_letters_changed(*report.dead_letters, now);
  for (const WithdrawalCall& done : std::exchange(committing_withdrawals_, {})) {
    withdrawn(done.destination, now);
    answer(done.call, encode_uploaded_answer(uploads_.answer(done.destination)));
  }
  for (const HandedOut& done : report.handed_out) {
    handed_out(done.batch, now);
    answer(done.call, encode_upload_batch(done.batch));
  }
  if (!commit_gaps_.empty()) {
    self_.announce_seldom(LogLevel::warning, "gap", std::exchange(commit_gaps_, {}), now, effects_);
  }
  if (was_failing && std::exchange(failure_is_said_, false))
    self_.announce("store", {LogLevel::info, "the store commits again"}, now, effects_);
}

/// What waited is told of: it is not lost, and nobody waits for it any more.
void Logic::withdrawn(const std::string& destination, Now now) {
  const bool is_news = !uploads_.is_withdrawn(destination);
  const std::uint64_t waited = uploads_.withdrawn(destination);
  if (!is_news) return;
  age_ = QueueAge{};
  std::string text = fmt::format(
      "nothing waits for destination {0} any more: its bridge has no url. {1} rows that waited stay as long as "
      "[retention] keeps them, and go there if a url is named again",
      destination, waited);
  const bool is_missed = uploads_.was_delivered_to(destination);
  if (is_missed) text += "; if that is a mistake, write the url into the bridge's configuration again";
  self_.announce("destination", {is_missed ? LogLevel::warning : LogLevel::info, std::move(text)}, now, effects_);
}

void Logic::handed_out(const UploadBatch& batch, Now now) {
  const bool is_news = uploads_.is_withdrawn(batch.destination);
  uploads_.handed_out(batch);
  if (!is_news) return;
  age_ = QueueAge{};
  self_.announce(
      "destination",
      {LogLevel::info, fmt::format("destination {} is delivered to: {} rows that the store keeps wait for it",
                                   batch.destination, uploads_.answer(batch.destination).remaining)},
      now, effects_);
}

/// The calls of the commit under way get `error`.
void Logic::fail_calls(const Error& error) {
  for (const std::uint64_t call : std::exchange(committing_hand_outs_, {})) answer(call, encode_error(error));
  for (const ConfirmationCall& lost : std::exchange(committing_confirmations_, {}))
    answer(lost.call, encode_error(error));
  for (const DeadLetterChange& lost : std::exchange(committing_changes_, {})) answer(lost.call, encode_error(error));
  for (const WithdrawalCall& lost : std::exchange(committing_withdrawals_, {})) answer(lost.call, encode_error(error));
}

void Logic::commit_failed(const Error& error, Now now) {
  ++counters_.failed_commits;
  ingest_.failed();
  silence_.watch().not_saved(std::exchange(committing_sensors_, {}));
  clocks_.failed();
  retention_.failed(now.monotonic);
  fail_calls(error);
  const std::optional<Error> before = health_.error();
  health_.commit_failed(error, now.monotonic);
  store_failed("cannot commit", before, now);
}

// ---- state and status ----

void Logic::watch_clock(Now now) {
  const std::optional<Millis> jump = retention_.take_clock_jump();
  if (!jump.has_value()) return;
  std::string text = fmt::format(
      "the wall clock is {:.0f} s {} where it should be by the monotonic clock, or by what the store was last written "
      "with; nothing is deleted by age for {} h. After so long without power that is nothing to worry about",
      std::abs(static_cast<double>(jump->count()) / 1e3), *jump < Millis{0} ? "behind" : "ahead of",
      std::chrono::duration_cast<std::chrono::hours>(options_.retention.clock_jump_pause).count());
  self_.announce("clock", {LogLevel::warning, std::move(text)}, now, effects_);
}

void Logic::update_status(Now now) {
  std::string reason = trouble();
  const ServiceState state = reason.empty() ? ServiceState::up : ServiceState::degraded;
  if (!salvage_.empty() && now.monotonic >= salvage_shown_until_) salvage_.clear();
  if (reason.empty()) reason = salvage_;
  age_.note(uploads_.last_id(), uploads_.slowest_cursor(), now.monotonic);
  const bool has_pressure = mark_.update(uploads_.depth()) || state != ServiceState::up;
  if (self_.update({state, std::move(reason), has_pressure}, now) && is_up_) report_status(now);
}

void Logic::describe(Now now, StatusWriter& status) const {
  self_.describe(now, status);
  sensors::describe(disk_, status);
  uploads_.describe(status);
  ingest_.describe(status);
  desk_.describe(status);
  status.add("used_bytes", used_bytes_);
  status.add("newest", newest_);
  recent_gaps_.describe(now.wall, status);
  describe_dead_letters(status);
  status.in("clock").add("synced", now.clock_synced);
  clocks_.describe(status);
  silence_.describe(status);
  counters_.describe(status);
  retention_.describe(status);
}

void Logic::report_status(Now now) {
  StatusWriter details;
  describe(now, details);
  const QueueDepth queue{.depth = uploads_.depth(),
                         .high = options_.queue_high,
                         .limit = options_.queue_limit,
                         .oldest_s = std::chrono::duration<double>(age_.oldest(now.monotonic)).count(),
                         .rate_per_s = age_.take_rate(now.monotonic)};
  std::string line = fmt::format("{} readings committed, {} rows wait for upload",
                                 ingest_.counters().committed_readings, uploads_.depth());
  if (!self_.is_connected()) line = "no connection to the broker; " + line;
  if (self_.condition().state == ServiceState::degraded) line = "degraded: " + self_.condition().reason + "; " + line;
  self_.report(details, queue, std::move(line), now, effects_);
  if (!is_measuring_ && !is_stopping_ && health_.is_open()) {
    is_measuring_ = true;
    effects_.push_back(MeasureStore{});
  }
}

void Logic::say_down(const std::string& reason, Now now) {
  StatusWriter details;
  if (!uploads_.store().empty()) details.add("store", uploads_.store());
  self_.say_down(reason, std::move(details), now, effects_);
}

void Logic::finish_stopping(Now now) {
  if (!is_stopping_ || is_committing_) return;
  answer_waiting(Error{ErrorCode::disconnected, "the store is stopping; ask again"});
  say_down("stopped", now);
  log(LogLevel::info,
      fmt::format("stopped; {} readings committed since the start", ingest_.counters().committed_readings));
  effects_.push_back(Exit{0});
  has_stopped_ = true;
}

}  // namespace sensors::persistence

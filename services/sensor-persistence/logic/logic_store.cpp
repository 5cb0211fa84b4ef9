// The part of Logic that opens the store, and says what is wrong while it cannot be used.
#include <fmt/format.h>

#include "services/sensor-persistence/logic/logic.hpp"

namespace sensors::persistence {
namespace {

constexpr int exit_failure = 1;  // systemd starts the service again
constexpr const char* open_obligation = "opening the store";

}  // namespace

void Logic::open_store(Now now) {
  if (is_committing_ || is_stopping_) return;
  std::optional<OpenStore> open = health_.take_open(now);
  if (!open.has_value()) return;
  open->release_reserve = reserve_.next(now.monotonic) == DiskReserve::Action::release;
  liveness_.begin(open_obligation, now.monotonic + options_.open_deadline);
  effects_.emplace_back(*open);
}

void Logic::on(StoreProgressed, Now now) {
  liveness_.begin(open_obligation, now.monotonic + options_.open_deadline);
  is_up_ = true;  // though its store is not yet
}

void Logic::on(StoreOpened event, Now now) {
  liveness_.end(open_obligation);
  is_up_ = true;
  self_.report_again();
  if (event.reserve_held || reserve_.held()) note_reserve(event.reserve_held, now);
  if (!event.rescued.empty()) {
    self_.announce("store", {LogLevel::warning, event.rescued}, now, effects_);
  }
  if (!event.contents.has_value()) return open_failed(event.contents.error(), now);
  const std::optional<Error> before = health_.error();
  if (!health_.opened(*event.contents, now.monotonic)) return store_failed("cannot go on with the store", before, now);
  used_bytes_ = event.contents->used_bytes;
  dead_letters_ = event.contents->dead_letters;
  uploads_.restart(*event.contents);
  clocks_.restart(event.contents->boots, now.monotonic);
  retention_.restart(event.contents->honest_time, now);
  recent_gaps_.restart(event.contents->newest_gaps, now.wall);
  age_ = QueueAge{};
  ingest_.restart(std::move(event.contents->streams));
  silence_.watch().all_unsaved();
  silence_.restart(event.contents->sensors, now);
  is_to_announce_ = true;
  if (event.salvaged.has_value()) tell_of_salvage(*event.salvaged, now);
  log(LogLevel::info, fmt::format("store {} is open; {} rows wait for upload", uploads_.store(), uploads_.depth()));
}

void Logic::open_failed(const Error& error, Now now) {
  if (error.code == ErrorCode::disk_full) reserve_.disk_full(now.monotonic);
  const std::optional<Error> before = health_.error();
  if (health_.open_failed(error, now.monotonic) == StoreHealth::Verdict::wait)
    return store_failed("cannot open the store", before, now);
  log(LogLevel::error, error.message);
  say_down(error.message, now);
  effects_.push_back(Exit{exit_failure});
  has_stopped_ = true;
}

/// Says so when it is news: another kind of failure than `before`. A disk that works and fails by turns makes a line
/// now and then; a failure that lasts is said with one of the next attempts.
void Logic::store_failed(const std::string& what, const std::optional<Error>& before, Now now) {
  const Error& error = *health_.error();
  answer_waiting(error);
  failure_is_said_ = failure_is_said_ && before.has_value() && before->code == error.code;
  if (failure_is_said_) return;
  failure_is_said_ =
      self_.say_seldom(LogLevel::error, what,
                       error.message + "; readings wait with their publishers, and it is tried again", now, effects_);
  if (failure_is_said_) self_.tell("store", what + ": " + error.message, now, effects_);
}

/// Something else than a commit. Only damage is acted on: commits show all the rest.
void Logic::read_failed(const std::string& what, const Error& error, Now now) {
  if (error.code != ErrorCode::corrupt || !health_.is_open())
    return self_.warn("store", what + ": " + error.message, now, effects_);
  found_failing(what, error, now);
}

/// No commit is needed to see that the store must be opened anew.
void Logic::found_failing(const std::string& what, const Error& error, Now now) {
  const std::optional<Error> before = health_.error();
  health_.found_failing(error, now.monotonic);
  store_failed(what, before, now);
}

void Logic::tell_of_salvage(const SalvageReport& report, Now now) {
  ++counters_.salvages;
  counters_.lost_in_damage += report.lost_numbers;
  const std::string lost =
      report.lost_numbers == 0
          ? "no acknowledged reading that waited for upload is lost"
          : fmt::format("{} acknowledged readings are lost, and gap records say which", report.lost_numbers);
  salvage_ =
      fmt::format("the store was damaged: store {} was made of what could be read, {} rows; {}; the damaged file is {}",
                  uploads_.store(), report.rows, lost, report.damaged_file);
  if (report.old_rows_left > 0) {
    salvage_ += fmt::format(", and has about {} old rows, which nothing waits for, that were not carried over",
                            report.old_rows_left);
  }
  salvage_shown_until_ = now.monotonic + options_.salvage_shown;
  self_.announce("store_damaged", {LogLevel::error, salvage_}, now, effects_);
}

/// Requests that wait for a store that cannot serve them.
void Logic::answer_waiting(const Error& error) {
  for (const HandOut& waiting : std::exchange(waiting_hand_outs_, {})) answer(waiting.call, encode_error(error));
  for (const ConfirmationCall& waiting : std::exchange(waiting_confirmations_, {}))
    answer(waiting.call, encode_error(error));
  for (const DeadLetterChange& waiting : std::exchange(waiting_changes_, {})) answer(waiting.call, encode_error(error));
  for (const WithdrawalCall& waiting : std::exchange(waiting_withdrawals_, {}))
    answer(waiting.call, encode_error(error));
  for (const StreamsCall& waiting : std::exchange(waiting_streams_, {})) answer(waiting.call, encode_error(error));
}

/// A reserve that is spent stops ingest: readings would take in seconds the room that uploads and deletions need.
void Logic::note_reserve(bool held, Now now) {
  const bool was_spent = reserve_.is_spent();
  reserve_.is_held(held, now.monotonic);
  if (reserve_.is_spent() == was_spent) return;
  const std::string text = was_spent ? "the disk has room for the reserve again; readings are taken"
                                     : "the disk is full: the reserve beside the store was given up for uploads and "
                                       "deletions; readings wait with their publishers; make room on the disk";
  self_.announce("store", {was_spent ? LogLevel::info : LogLevel::error, text}, now, effects_);
}

bool Logic::reserve_is_due(Now now) const {
  return reserve_.is_spent() && reserve_.next(now.monotonic) == DiskReserve::Action::restore;
}

/// Readings are taken only while they can be committed, and while there is room for them.
void Logic::set_gate() {
  const std::uint64_t depth = uploads_.depth();
  is_full_ = depth >= options_.queue_limit || (is_full_ && depth > options_.queue_limit - options_.queue_limit / 20);
  // When nothing waits, no upload can make room: then it is not the rows that are too large.
  is_over_budget_ = retention_.holds_ingest() && depth > 0;
  if (is_stopping_ || is_full_ || is_over_budget_ || reserve_.is_spent() || !health_.is_working()) {
    ingest_.close();
  } else {
    ingest_.reopen();
  }
}

/// What degrades the service; empty when nothing does.
std::string Logic::trouble() const {
  if (health_.error().has_value()) {
    return (health_.is_open() ? "cannot commit: " : "the store is not open: ") + health_.error()->message;
  }
  if (!health_.is_open()) return "the store is being opened";
  if (!self_.trouble().empty()) return self_.trouble();
  if (reserve_.is_spent()) {
    return "the disk is full, and its reserve is in use for uploads and deletions: readings wait with their "
           "publishers; make room on the disk";
  }
  if (is_full_) return fmt::format("{} rows wait for upload, the limit; see to the destinations", uploads_.depth());
  if (is_over_budget_) {
    return "the store is larger than max_mib, and all that is left waits for upload: readings wait with their "
           "publishers; see to the destinations";
  }
  return "";
}

}  // namespace sensors::persistence

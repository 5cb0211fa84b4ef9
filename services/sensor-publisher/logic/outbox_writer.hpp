// OutboxWriter decides what is written to the outbox and when: it numbers the readings, groups them into commits, lets
// confirmed rows go with the next commit, makes room when the outbox is full, and keeps readings in memory, the tail of
// the outbox, while it cannot be written. Part of the publisher's Logic. Pure.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/codec/status_writer.hpp"
#include "common/core/backoff.hpp"
#include "common/core/disk_reserve.hpp"
#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/logic/logic_options.hpp"
#include "services/sensor-publisher/logic/outbox_budget.hpp"

namespace sensors::publisher {

/// What drivers may bring now, so that on a disk that works nothing ever has to give way in memory. A round of all
/// streams together is at most a quarter of max_pending, and they are asked while no more than half of it waits;
/// devices are while no more than three quarters do, so that a fast program does not keep them from being read.
struct RoomForReadings {
  std::size_t of_a_stream = 1;  // readings of a round; 0: it is not asked now
  bool is_full = false;         // devices, whose few values cannot wait elsewhere, are not asked either
};

class OutboxWriter {
 public:
  /// Numbering goes on behind what `contents` says is in the outbox; one that could not be opened is tried again.
  OutboxWriter(OutboxOptions options, const OutboxContents& contents, std::uint64_t seed, Instant start = {});

  /// Numbers `readings` and lets them wait for a commit.
  void append(std::vector<Reading> readings, Now now);

  /// For a round of each of `streams`. While the outbox cannot be written nobody waits: the present is worth more than
  /// what has waited longest.
  RoomForReadings room(std::size_t streams) const;

  /// Rows up to `through` are confirmed: what is written may be deleted, and what is not need not be written any more.
  void confirm(Position through);

  /// Rows behind `through` are not confirmed after all; not before gone_through().
  void unconfirm(Position through);

  /// Confirmed rows up to there may be deleted, or were never written.
  Position gone_through() const { return gone_; }

  void remember_store(const std::string& store) { store_to_remember_ = store; }
  void remember_calibrations(std::string calibrations) { calibrations_to_remember_ = std::move(calibrations); }
  void remember_boot_time(const BootTime& boot) { boot_to_remember_ = boot; }

  /// There is something else to write: next() gives a transaction as soon as it may.
  void want_write() { is_wanted_ = true; }

  /// From now on everything is written at once, and confirmed rows are deleted with the last write.
  void stop();

  // ---- opening ----

  /// Whether the outbox is to be opened now; the caller says with what.
  bool wants_open(Now now) const;
  void opening();

  /// It is open again, with all positions as they were.
  void reopened(bool reserve_held, Now now);

  /// It is open for the first time: positions so far were numbers of this run's stream, and are behind `contents` now.
  void adopted(const OutboxContents& contents, Now now);

  /// It cannot be opened, or a read shows that it cannot be trusted: it is tried (again) later.
  void open_failed(const Error& error, Now now);

  /// Numbers of this run's stream before the oldest entry that waits.
  std::uint64_t taken_before_pending() const {
    return pending_.empty() ? next_position_ - 1 : pending_.front().first - 1;
  }

  // ---- writing ----

  /// The transaction to start now, if any. `oldest` is the stream that the position oldest_kept() belongs to: a gap
  /// record is of one stream.
  std::optional<OutboxWrite> next(StreamRange oldest, Now now);

  Position oldest_kept() const { return std::max(confirmed_, dropped_) + 1; }

  /// The outstanding transaction is done. Entries that are durable now are returned; what failed waits for a retry.
  std::vector<OutboxEntry> done(OutboxWritten written, Now now);

  /// The part of the outbox to look at because it is full; `sent`: positions up to it may be at the store.
  std::optional<OutboxScan> next_scan(Position sent);
  void scanned(OutboxScanned scan, Now now) { thin_ = budget_.scanned(std::move(scan), now.wall); }

  /// When next() or wants_open() should be asked again.
  std::optional<Instant> wake_at() const;

  bool outstanding() const { return outstanding_; }
  bool is_open() const { return open_; }
  bool disk_is_full() const { return reserve_.next({}) == DiskReserve::Action::release; }
  bool idle() const {
    return !outstanding_ && pending_.empty() && deleted_ >= confirmed_ && store_to_remember_.empty() &&
           !calibrations_to_remember_.has_value() && !boot_to_remember_.has_value();
  }
  /// Entries in the outbox, those dropped excluded.
  std::uint64_t depth() const { return written_ - std::min(written_, std::max(confirmed_, dropped_)); }
  std::uint64_t limit() const { return options_.max_readings; }
  /// What waits for a commit, in order; while the outbox cannot be written, also what is under way to it.
  const std::deque<OutboxEntry>& pending() const { return pending_; }
  /// Entries that a crash would take: pending(), and what is under way.
  std::size_t in_memory() const { return pending_.size() + under_way_; }
  const OutboxBudget& budget() const { return budget_; }
  Position written() const { return written_; }
  /// What should hold after every call and does not; empty when all holds.
  std::string broken_invariant() const;

  void describe(StatusWriter& status) const;

  /// Why the outbox cannot be written; empty when it can.
  const std::string& failure() const { return failure_; }

 private:
  void bound_pending(WallTime now);
  void forget_confirmed();
  void forget_pending_through(Position through);
  void forget_copied(const std::vector<OutboxEntry>& written);
  bool commit_is_due(Instant now) const;
  bool delete_is_due(Instant now);
  bool look_is_due(Instant now);
  void restrict_to_kept(ThinnedRange& range) const;
  void forget_scan();
  std::optional<OutboxEntry> make_room(StreamRange oldest, WallTime now) const;
  void write_failed(OutboxWrite& write, const Error& error, Now now);
  void try_again(const Error& error, Now now);

  OutboxOptions options_;
  Backoff retry_;
  OutboxBudget budget_;
  DiskReserve reserve_;
  Position next_position_;
  Position written_;  // durable, or confirmed without ever having been written, through
  Position confirmed_;
  Position deleted_;
  Position gone_;         // as deleted_, deletions under way and rows that were never written included
  Position dropped_ = 0;  // rows up to here are gone, behind a gap record
  std::deque<OutboxEntry> pending_;
  std::optional<Instant> oldest_pending_;
  std::optional<Instant> retry_at_;
  std::optional<Instant> delete_at_;
  std::optional<Instant> look_at_;
  std::optional<ThinnedRange> thin_;
  std::string store_to_remember_;
  std::optional<std::string> calibrations_to_remember_;
  std::optional<BootTime> boot_to_remember_;
  std::string failure_;
  bool open_;
  bool opening_ = false;
  bool is_wanted_ = false;
  bool outstanding_ = false;
  std::size_t under_way_ = 0;          // entries of the outstanding write that are not in pending_
  bool pending_is_under_way_ = false;  // the outstanding write has copies of the first of pending_
  bool stopping_ = false;
  std::uint64_t readings_dropped_ = 0;     // gave way in a full outbox
  std::uint64_t readings_unwritable_ = 0;  // gave way in memory while the outbox could not be written
};

}  // namespace sensors::publisher

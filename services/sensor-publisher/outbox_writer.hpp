// OutboxWriter decides what is written to the outbox and when: it numbers the readings, groups them into commits, lets
// confirmed rows go with the next commit, and makes room when the outbox is full. Part of the publisher's Logic. Pure.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/core/backoff.hpp"
#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/logic_options.hpp"

namespace sensors::publisher {

class OutboxWriter {
 public:
  /// `last`: the highest position in the outbox; `confirmed`: rows up to it are already gone.
  OutboxWriter(OutboxOptions options, Position confirmed, Position last, std::uint64_t seed);

  /// Numbers `readings` and lets them wait for a commit.
  void append(std::vector<Reading> readings, Now now);

  /// Rows up to `through` are confirmed and may be deleted.
  void confirm(Position through) { confirmed_ = std::max(confirmed_, through); }

  void remember_store(const std::string& store) { store_to_remember_ = store; }
  void remember_boot_time(const BootTime& boot) { boot_to_remember_ = boot; }

  /// From now on everything is written at once, and confirmed rows are deleted with the last write.
  void stop() { stopping_ = true; }

  /// The transaction to start now, if any. `oldest` is the stream that the position oldest_kept() belongs to: a gap
  /// record is of one stream.
  std::optional<OutboxWrite> next(StreamRange oldest, Now now);

  Position oldest_kept() const { return std::max(confirmed_, dropped_) + 1; }

  /// The outstanding transaction is done. Entries that are durable now are returned; what failed waits for a retry.
  std::vector<OutboxEntry> done(OutboxWritten written, Now now);

  /// When next() should be asked again.
  std::optional<Instant> wake_at() const;

  bool outstanding() const { return outstanding_; }
  bool idle() const {
    return !outstanding_ && pending_.empty() && deleted_ >= confirmed_ && store_to_remember_.empty() &&
           !boot_to_remember_.has_value();
  }
  /// Readings in the outbox, those dropped excluded.
  std::uint64_t depth() const { return written_ - std::max(confirmed_, dropped_); }
  std::uint64_t limit() const { return options_.max_readings; }
  std::size_t pending() const { return pending_.size(); }
  std::uint64_t readings_dropped() const { return readings_dropped_; }
  Position written() const { return written_; }
  /// Why the last write failed; empty when it did not.
  const std::string& failure() const { return failure_; }

 private:
  void bound_pending(WallTime now);
  bool commit_is_due(Instant now) const;
  std::optional<OutboxEntry> make_room(StreamRange oldest, WallTime now) const;

  OutboxOptions options_;
  Backoff retry_;
  Position next_position_;
  Position written_;  // durable through
  Position confirmed_;
  Position deleted_;
  Position dropped_ = 0;  // rows up to here are gone, behind a gap record
  std::deque<OutboxEntry> pending_;
  std::optional<Instant> oldest_pending_;
  std::optional<Instant> retry_at_;
  std::optional<Instant> delete_at_;
  std::string store_to_remember_;
  std::optional<BootTime> boot_to_remember_;
  std::string failure_;
  bool outstanding_ = false;
  bool stopping_ = false;
  std::uint64_t readings_dropped_ = 0;
};

}  // namespace sensors::publisher

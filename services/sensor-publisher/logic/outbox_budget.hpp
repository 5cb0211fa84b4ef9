// OutboxBudget decides how the outbox becomes smaller when it is full: it thins the oldest part out in steps, range
// after range up to the newest quarter, again from the start when that was not enough, and drops the oldest when
// thinning frees nothing more. Part of the OutboxWriter. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "common/codec/status_writer.hpp"
#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/logic/logic_options.hpp"

namespace sensors::publisher {

class OutboxBudget {
 public:
  explicit OutboxBudget(const OutboxOptions& options);

  /// What the file takes now, after a write; 0: not known.
  void measured(std::int64_t used_bytes, std::uint64_t waiting);

  /// The part of the outbox to look at next: behind `sent`, which may be at the store already, and before the newest
  /// quarter of sent..written. Nothing while there is room, while a scan or its write is under way, or when only
  /// dropping helps.
  std::optional<OutboxScan> next_scan(Position sent, Position written);

  /// What stays of the entries that a scan found; the write that replaces them must be reported to thinned(). Nothing
  /// when none may go.
  std::optional<ThinnedRange> scanned(OutboxScanned scan, WallTime now);

  /// The write of `range` is on the disk, or not.
  void thinned(bool is_written);

  /// How many of `waiting` entries are to be dropped, oldest first; 0 while there is room or thinning may still help.
  std::uint64_t to_drop(std::uint64_t waiting) const;

  bool over() const { return over_; }

  void describe(StatusWriter& status) const {
    status.in("outbox").add("used_bytes", used_bytes_);
    status.in("counters").add("thinned", readings_thinned_);
  }

 private:
  void end_pass();

  OutboxOptions options_;
  std::int64_t used_bytes_ = 0;
  bool over_ = false;               // from the limit until it is a little below it
  bool exhausted_ = false;          // a pass freed next to nothing
  bool busy_ = false;               // a scan or its write is under way
  std::optional<Position> cursor_;  // next of this pass
  Position pass_end_ = 0;
  std::uint64_t pass_looked_at_ = 0;  // readings
  std::uint64_t pass_gone_ = 0;
  std::uint64_t step_gone_ = 0;
  std::uint64_t readings_thinned_ = 0;
};

}  // namespace sensors::publisher

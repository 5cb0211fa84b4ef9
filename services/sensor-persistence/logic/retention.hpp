// Retention decides when old rows are deleted and how far: by age and by bytes, never beyond what every destination
// has, in steps so small that ingest does not wait for them. Owned by Logic, on the loop thread. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "common/codec/status_writer.hpp"
#include "services/sensor-persistence/events.hpp"
#include "services/sensor-persistence/logic/believable_clock.hpp"

namespace sensors::persistence {

struct RetentionOptions {
  /// Readings older than this are deleted, by their own time. 0: never.
  Millis max_age{std::chrono::hours{24 * 365}};

  /// When the store holds more, its oldest rows are deleted, by order of arrival, until it is 5 % below. 0: no limit.
  std::int64_t max_bytes = std::int64_t{4} * 1024 * 1024 * 1024;

  /// Rows looked at in one transaction.
  std::size_t step_rows = 1'000;

  /// Between two passes, and between two steps of one.
  Millis pass_interval{60'000};
  Millis step_pause{20};

  /// After the wall clock has jumped by more than a day, nothing is deleted by age for so long.
  Millis clock_jump_pause{std::chrono::hours{24}};
};

class Retention {
 public:
  explicit Retention(RetentionOptions options) : options_(options), clock_(options.clock_jump_pause) {}

  /// A store was opened that was last written at `honest_time`, WallTime{}: not known.
  void restart(WallTime honest_time, Now now) { clock_.restart(honest_time, now); }

  /// The step that is due; done() or failed() follows. `up_to_id` is what every destination has.
  std::optional<RetentionStep> take_step(Now now, std::uint64_t up_to_id, std::int64_t used_bytes);
  void done(const RetentionReport& report, Instant now);
  void failed(Instant now);

  /// Nothing when retention is off.
  std::optional<Instant> due_at() const;

  /// By how much the wall clock has jumped, once for each jump that stops deletion by age.
  std::optional<Millis> take_clock_jump() { return std::exchange(clock_jump_, std::nullopt); }

  /// What a clock that can be believed would show; WallTime{} when there was none yet.
  WallTime honest_time(Now now) const { return clock_.honest_time(now); }

  /// From when on a time is from the future; nothing while the clock cannot be believed.
  std::optional<WallTime> future_begins(Now now) const;

  /// Rows that were in the way were uploaded: what is too large may shrink now.
  void uploaded(Instant now);

  /// The store was above max_bytes with nothing that may be deleted, and is not yet 5 % below it.
  bool holds_ingest() const { return holds_ingest_; }

  void describe(StatusWriter& status) const { status.in("counters").add("deleted", deleted_); }

 private:
  RetentionOptions options_;
  Instant next_at_{};
  std::uint64_t after_id_ = 0;  // where the pass by age is
  bool is_for_space_ = false;   // it was above max_bytes, and is not yet 5 % below: the steps are for space
  bool holds_ingest_ = false;
  BelievableClock clock_;
  std::optional<Millis> clock_jump_;
  std::uint64_t deleted_ = 0;  // rows, since the start
};

}  // namespace sensors::persistence

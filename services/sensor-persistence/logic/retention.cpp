// A pass by age starts at the oldest row and ends with the first step that finds rows neither old nor from the future,
// and nothing to delete: rows are about in order of time. Rows from the future, and those of a clock that was not set,
// do not end it.
#include "services/sensor-persistence/logic/retention.hpp"

#include <algorithm>

namespace sensors::persistence {
namespace {

constexpr std::chrono::hours future_margin{24};

}  // namespace

std::optional<RetentionStep> Retention::take_step(Now now, std::uint64_t up_to_id, std::int64_t used_bytes) {
  if (const std::optional<Millis> jump = clock_.observe(now); jump.has_value()) clock_jump_ = jump;
  const bool is_just_too_large = options_.max_bytes > 0 && used_bytes > options_.max_bytes && !is_for_space_;
  if (now.monotonic < next_at_ && !is_just_too_large) return std::nullopt;
  const std::int64_t low = options_.max_bytes - options_.max_bytes / 20;
  is_for_space_ = options_.max_bytes > 0 && used_bytes > (is_for_space_ ? low : options_.max_bytes);
  holds_ingest_ = holds_ingest_ && is_for_space_;
  const bool has_age = options_.max_age != Millis{0} && up_to_id != 0 && clock_.is_believed();
  if (!is_for_space_ && !has_age) {
    next_at_ = now.monotonic + options_.pass_interval;
    return std::nullopt;
  }
  RetentionStep step;
  step.after_id = is_for_space_ ? 0 : after_id_;
  step.up_to_id = up_to_id;
  step.max_rows = options_.step_rows;
  step.future = now.wall + future_margin;
  if (!is_for_space_) step.older_than = now.wall - options_.max_age;
  return step;
}

std::optional<WallTime> Retention::future_begins(Now now) const {
  if (!clock_.is_believed() || !now.clock_synced) return std::nullopt;
  return now.wall + future_margin;
}

void Retention::done(const RetentionReport& report, Instant now) {
  deleted_ += report.deleted;
  holds_ingest_ = holds_ingest_ || (is_for_space_ && report.deleted == 0);
  const bool goes_on =
      is_for_space_ ? report.deleted > 0 : !report.reached_end && (report.deleted > 0 || !report.found_present);
  if (!is_for_space_) after_id_ = goes_on ? report.next_after_id : 0;
  next_at_ = now + (goes_on ? options_.step_pause : options_.pass_interval);
}

void Retention::uploaded(Instant now) {
  if (holds_ingest_) next_at_ = std::min(next_at_, now + options_.step_pause);
}

void Retention::failed(Instant now) { next_at_ = now + options_.pass_interval; }

std::optional<Instant> Retention::due_at() const {
  if (options_.max_age == Millis{0} && options_.max_bytes == 0) return std::nullopt;
  return next_at_;
}

}  // namespace sensors::persistence

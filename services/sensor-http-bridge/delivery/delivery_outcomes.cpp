// The part of Delivery that draws the consequences of an attempt: what it means for the batch, the breaker and the log.
// Each function ends `attempting` and gives the breaker's permit back.
#include <algorithm>

#include <fmt/format.h>

#include "services/sensor-http-bridge/delivery/delivery.hpp"

namespace sensors::bridge {

void Delivery::batch_delivered(const Verdict& verdict, Millis took, std::size_t bytes) {
  const std::size_t rejected = verdict.rejected.size();
  const bool took_none = rejected >= batch_.rows;
  const std::size_t most = options_.upload.max_refused_in_row;
  if (took_none && most > 0 && refused_in_row_ + rejected > most) return hold(verdict.rejected.front().reason);
  breaker_.succeed(batch_.permit, took, now_.monotonic);
  size_.delivered(batch_.rows, now_.monotonic);
  refused_in_row_ = took_none ? refused_in_row_ + rejected : 0;
  const std::size_t gaps = rejected_gaps(verdict.rejected, {batch_.rows, batch_.readings, batch_.names});
  counters_.delivered += batch_.readings - std::min(rejected - gaps, batch_.readings);
  counters_.rejected += rejected;
  ++counters_.batches;
  counters_.bytes += bytes;
  batch_.range.rejected = verdict.rejected;
  say(LogLevel::debug, fmt::format("batch {}-{} delivered: {} readings in {} ms, {} rows rejected", batch_.range.first,
                                   batch_.range.last, batch_.readings, took.count(), rejected));
  start_confirming();
}

void Delivery::batch_refused(const Verdict& verdict, Millis took) {
  if (verdict.outcome == Outcome::too_large) size_.too_large(batch_.rows, now_.monotonic);
  if (is_held()) return hold(verdict.reason);
  if (batch_.rows > 1) return cut(verdict, took);
  log_failure(verdict, "the row becomes a dead letter");
  breaker_.succeed(batch_.permit, took, now_.monotonic);  // the destination is alive
  size_.gave_up_row();
  ++refused_in_row_;
  ++counters_.rejected;
  batch_.range.rejected = {{batch_.names.front(), verdict.status, verdict.api_reason}};
  start_confirming();
}

/// The store gets to know with the next `upload`; until then and after a crash, it is the same batch.
void Delivery::cut(const Verdict& verdict, Millis took) {
  log_failure(verdict, verdict.outcome == Outcome::too_large ? "smaller batches are tried" : "looking for the row");
  breaker_.succeed(batch_.permit, took, now_.monotonic);
  ++counters_.splits;
  if (verdict.outcome == Outcome::refused) size_.refused(batch_.rows);
  refused_last_ = batch_.range.last;
  batch_is_over(now_.monotonic);
}

bool Delivery::is_held() const {
  const std::size_t most = options_.upload.max_refused_in_row;
  return most > 0 && refused_in_row_ >= most;
}

/// So much is refused that it is not the data: nothing more is given up, and the destination is tried seldom.
void Delivery::hold(const std::string& reason) {
  refused_in_row_ = std::max(refused_in_row_, options_.upload.max_refused_in_row);
  ++counters_.holds;
  const std::string text = fmt::format(
      "{0} refuses all rows, {1} and more in a row; they are held. See to the {0}, its "
      "address and token, or raise max_refused_in_row: {2}",
      options_.names.peer, options_.upload.max_refused_in_row, reason);
  breaker_.trip(batch_.permit, text, now_.monotonic);
  self_.announce("hold", {LogLevel::error, text}, now_, effects_);
  refused_last_ = batch_.range.last;
  batch_is_over(now_.monotonic);
}

void Delivery::batch_failed(const Verdict& verdict) {
  if (verdict.outcome == Outcome::asked_to_wait) {
    breaker_.open_for(batch_.permit, verdict.wait, verdict.reason, now_.monotonic);
  } else if (verdict.outcome == Outcome::unauthorized) {
    breaker_.trip(batch_.permit, verdict.reason, now_.monotonic);
  } else {
    breaker_.fail(batch_.permit, verdict.reason, now_.monotonic);
  }
  log_failure(verdict, "not delivered, kept in the store");
  // An open breaker has a time of its own: the probe goes out when that is over.
  const bool is_closed = breaker_.state() == CircuitBreaker::State::closed;
  batch_is_over(is_closed ? now_.monotonic + attempt_backoff_.next() : now_.monotonic);
}

/// The fault is in what the store handed out: it says nothing of the destination.
void Delivery::batch_unreadable(const Verdict& verdict) {
  is_unreadable_ = true;
  breaker_.release(batch_.permit);
  batch_is_over(now_.monotonic);
  store_failed({ErrorCode::invalid, verdict.reason});
}

void Delivery::log_failure(const Verdict& verdict, const std::string& consequence) {
  self_.say_seldom(verdict.needs_operator ? LogLevel::error : LogLevel::warning, verdict.failure_class,
                   fmt::format("batch {}-{}, {} rows, {}: {}", batch_.range.first, batch_.range.last, batch_.rows,
                               consequence, verdict.reason),
                   now_, effects_);
}

}  // namespace sensors::bridge

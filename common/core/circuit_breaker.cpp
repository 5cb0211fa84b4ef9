// State table. A change of state, and the release of a probe, begins a new generation of permits.
//
//   closed     3 failures in a row, 5 failures or 8 slow calls of the last 10     -> open, 60 s
//   open       its time is over, or the peer has returned                         -> half-open
//   half-open  the probe succeeded                                                -> closed
//              the probe failed, or its deadline passed                           -> open, the next longer time
//   closed or half-open, the peer named a time to wait                            -> open, that time
//   closed or half-open, tripped                                                  -> open, the longest time
//   any        isolated by an operator                                            -> open, until an operator closes it
//              closed by an operator                                              -> closed
#include "common/core/circuit_breaker.hpp"

#include <algorithm>
#include <cassert>

namespace sensors {

namespace {

constexpr std::size_t max_transitions = 64;
constexpr Millis least_asked{1'000};
constexpr Millis most_asked{600'000};

std::string with_cause(std::string what, const std::string& cause) {
  if (!cause.empty()) what += ": " + cause;
  return what;
}

/// Whole seconds, rounded; a time below one second in milliseconds.
std::string seconds_text(Millis time) {
  if (time < Millis{1'000}) return std::to_string(time.count()) + " ms";
  return std::to_string((time.count() + 500) / 1'000) + " s";
}

}  // namespace

CircuitBreaker::CircuitBreaker(CircuitBreakerOptions options, std::uint64_t seed)
    : options_(std::move(options)), random_(static_cast<std::minstd_rand::result_type>(seed)) {
  assert(!options_.open_times.empty());
  assert(options_.consecutive_failures > 0 && options_.window > 0);
}

std::optional<CircuitBreaker::Permit> CircuitBreaker::admit(Instant now) {
  advance(now);
  if (state_ == State::open || probe_deadline_.has_value()) return std::nullopt;
  if (state_ == State::half_open) probe_deadline_ = now + options_.probe_deadline;
  return Permit{generation_};
}

void CircuitBreaker::succeed(Permit permit, Millis took, Instant now) {
  advance(now);
  if (!is_current(permit)) return;
  if (state_ == State::half_open) {
    openings_ = 0;
    check_recovery(now);
    change(State::closed, "recovered", std::chrono::duration_cast<Millis>(now - opened_at_), now);
  } else {
    record({.failed = false, .slow = took > options_.slow_call}, "", now);
  }
}

/// Only a probe that is out, and in time, closes it.
void CircuitBreaker::check_recovery(Instant now) {
  if (broken_rule_.has_value()) return;
  if (!probe_deadline_.has_value()) broken_rule_ = "it closed without a probe";
  if (probe_deadline_.has_value() && now >= *probe_deadline_)
    broken_rule_ = "it closed by an outcome that came after its probe's deadline";
}

void CircuitBreaker::fail(Permit permit, const std::string& reason, Instant now) {
  advance(now);
  if (!is_current(permit)) return;
  if (state_ == State::half_open) {
    open(next_open_time(), with_cause(options_.peer + " probe failed", reason), now);
  } else {
    record({.failed = true, .slow = false}, reason, now);
  }
}

void CircuitBreaker::release(Permit permit) {
  if (!is_current(permit) || state_ != State::half_open) return;
  probe_deadline_.reset();
  ++generation_;
}

void CircuitBreaker::open_for(Permit permit, Millis time, const std::string& reason, Instant now) {
  advance(now);
  if (!is_current(permit)) return;
  const Millis asked = std::clamp(time, least_asked, most_asked);
  open(asked, with_cause(options_.peer + " asked to wait " + seconds_text(asked), reason), now);
}

void CircuitBreaker::trip(Permit permit, const std::string& reason, Instant now) {
  advance(now);
  if (!is_current(permit)) return;
  open(varied(*std::max_element(options_.open_times.begin(), options_.open_times.end())), reason, now);
}

void CircuitBreaker::peer_returned(Instant now) {
  if (state_ == State::open && !isolated_) change(State::half_open, options_.peer + " has returned", Millis{0}, now);
}

void CircuitBreaker::isolate(Instant now) {
  if (isolated_) return;
  open(Millis{0}, "isolated by operator", now);
  isolated_ = true;
}

void CircuitBreaker::close(Instant now) {
  if (state_ == State::closed) return;
  openings_ = 0;
  change(State::closed, "closed by operator", std::chrono::duration_cast<Millis>(now - opened_at_), now);
}

void CircuitBreaker::restore(Millis left, std::size_t openings, const std::string& reason, Instant now) {
  openings_ = openings;
  open(left, reason, now);
}

void CircuitBreaker::advance(Instant now) {
  if (isolated_) return;
  if (state_ == State::open && now >= open_until_) {
    change(State::half_open, "open time is over", Millis{0}, now);
  } else if (probe_deadline_.has_value() && now >= *probe_deadline_) {
    open(next_open_time(), options_.peer + " probe failed: no answer in " + seconds_text(options_.probe_deadline), now);
  }
}

std::optional<Instant> CircuitBreaker::wake_at() const {
  return state_ == State::open ? next_attempt() : probe_deadline_;
}

std::optional<Instant> CircuitBreaker::next_attempt() const {
  if (state_ != State::open || isolated_) return std::nullopt;
  return open_until_;
}

std::vector<CircuitBreaker::Transition> CircuitBreaker::take_transitions() { return std::exchange(transitions_, {}); }

void CircuitBreaker::record(Outcome outcome, const std::string& reason, Instant now) {
  outcomes_.push_back(outcome);
  if (outcomes_.size() > static_cast<std::size_t>(options_.window)) outcomes_.pop_front();
  consecutive_failures_ = outcome.failed ? consecutive_failures_ + 1 : 0;

  const auto failures = std::count_if(outcomes_.begin(), outcomes_.end(), [](Outcome o) { return o.failed; });
  const auto slow_calls = std::count_if(outcomes_.begin(), outcomes_.end(), [](Outcome o) { return o.slow; });
  const std::string of_window = " of " + std::to_string(options_.window) + ")";
  std::string what;
  if (consecutive_failures_ >= options_.consecutive_failures) {
    what = " failures exceeded threshold (" + std::to_string(options_.consecutive_failures) + ")";
  } else if (failures >= options_.failures_in_window) {
    what = " failures exceeded threshold (" + std::to_string(options_.failures_in_window) + of_window;
  } else if (slow_calls >= options_.slow_calls_in_window) {
    what = " slow calls exceeded threshold (" + std::to_string(options_.slow_calls_in_window) + of_window;
  } else {
    return;
  }
  open(next_open_time(), with_cause(options_.peer + what, reason), now);
}

void CircuitBreaker::open(Millis time, const std::string& reason, Instant now) {
  if (state_ == State::closed) opened_at_ = now;
  open_until_ = now + time;
  change(State::open, reason, time, now);
}

Millis CircuitBreaker::next_open_time() {
  const std::size_t index = std::min(openings_, options_.open_times.size() - 1);
  ++openings_;
  return varied(options_.open_times[index]);
}

Millis CircuitBreaker::varied(Millis time) {
  std::uniform_real_distribution<double> share(1.0 - options_.jitter, 1.0 + options_.jitter);
  return Millis{static_cast<Millis::rep>(static_cast<double>(time.count()) * share(random_))};
}

void CircuitBreaker::change(State to, const std::string& reason, Millis open_for, Instant now) {
  if (transitions_.size() == max_transitions) transitions_.erase(transitions_.begin());
  transitions_.push_back({state_, to, reason, open_for});
  ++entries_.at(static_cast<std::size_t>(to));
  state_ = to;
  isolated_ = false;
  reason_ = reason;
  since_ = now;
  ++generation_;
  probe_deadline_.reset();
  consecutive_failures_ = 0;
  outcomes_.clear();
}

std::string_view name_of(CircuitBreaker::State state) {
  switch (state) {
    case CircuitBreaker::State::closed: return "closed";
    case CircuitBreaker::State::open: return "open";
    case CircuitBreaker::State::half_open: return "half_open";
  }
  return "unknown";
}

std::string log_line(const CircuitBreaker::Transition& transition) {
  switch (transition.to) {
    case CircuitBreaker::State::open: return "Circuit breaker OPEN - " + transition.reason;
    case CircuitBreaker::State::half_open: return "Circuit breaker HALF_OPEN - attempting recovery";
    case CircuitBreaker::State::closed: break;
  }
  return "Circuit breaker CLOSED - " + transition.reason + " after " + seconds_text(transition.open_for);
}

}  // namespace sensors

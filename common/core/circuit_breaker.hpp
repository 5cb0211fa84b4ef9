// CircuitBreaker decides whether to try a peer that has been failing: closed, open, half-open. One class for
// the publisher (peer: broker) and the bridge (peer: its destination). Owned by a Logic, on the loop thread. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/core/time.hpp"

namespace sensors {

struct CircuitBreakerOptions {
  /// What fails, as it stands in the log lines: "API", "broker".
  std::string peer = "API";

  /// Consecutive failures that open it.
  int consecutive_failures = 3;

  /// Failures among the last `window` outcomes that open it, at most `window`.
  int failures_in_window = 5;
  int window = 10;

  /// Slow calls among the last `window` outcomes that open it, at most `window`.
  int slow_calls_in_window = 8;

  /// A success that took longer is a slow call.
  Millis slow_call{5'000};

  /// How long it stays open: the first time, and after each failed probe; the last one repeats.
  std::vector<Millis> open_times{Millis{60'000}, Millis{120'000}, Millis{240'000}, Millis{300'000}};

  /// Share by which each open time is varied at random, so that many nodes do not probe together.
  double jitter = 0.1;

  /// How long a probe may take before it counts as failed.
  Millis probe_deadline{10'000};
};

class CircuitBreaker {
 public:
  enum class State { closed, open, half_open };

  /// Leave to make one attempt. Give it back through succeed(), fail() or release(); one that is lost is
  /// counted as failed at its deadline when it was a probe, and forgotten otherwise.
  struct Permit {
    std::uint64_t generation = 0;
    bool operator==(const Permit&) const = default;
  };

  struct Transition {
    State from;
    State to;
    std::string reason;
    Millis open_for{0};  // to open: how long; to closed: how long it had not been closed
  };

  /// `seed` drives the jitter only.
  CircuitBreaker(CircuitBreakerOptions options, std::uint64_t seed);

  /// A permit when an attempt may be made now: always when closed, one probe when half-open, never when open.
  std::optional<Permit> admit(Instant now);

  /// Results of an attempt. One whose permit is from an earlier generation (made before a transition) is
  /// ignored: it says nothing about the peer as it is now.
  void succeed(Permit permit, Millis took, Instant now);
  void fail(Permit permit, const std::string& reason, Instant now);

  /// The attempt was given up without an outcome; a probe may be made again at once.
  void release(Permit permit);

  /// Opens, whatever the counts, for as long as the peer asks (RFC 9110 section 10.2.3). Clamped to 1 s .. 600 s.
  void open_for(Permit permit, Millis time, const std::string& reason, Instant now);

  /// Opens at once, for the longest of the open times: for what will not pass by waiting. `reason` is said as it is.
  void trip(Permit permit, const std::string& reason, Instant now);

  /// The peer has shown that it is back (a new CONNACK): an open breaker becomes half-open at once.
  void peer_returned(Instant now);

  /// An operator takes the peer out of use: open until close(), whatever happens and however long it lasts.
  void isolate(Instant now);
  bool is_isolated() const { return isolated_; }

  /// An operator says that the peer is well: closed, from whatever state, and as if it had never failed.
  void close(Instant now);

  /// Takes up where an earlier run stopped: open for `left` more (0: half-open at the next advance()), after `openings`
  /// openings without a success. Before the first admit().
  void restore(Millis left, std::size_t openings, const std::string& reason, Instant now);

  /// Openings since it was last closed; what restore() wants back.
  std::size_t openings() const { return openings_; }

  /// Moves on with time: open becomes half-open, a probe past its deadline has failed.
  void advance(Instant now);

  /// When advance() has something to do; nothing while closed, isolated or waiting for a caller to take the probe.
  std::optional<Instant> wake_at() const;

  State state() const { return state_; }

  /// Why it is in its state; empty while it has always been closed.
  const std::string& reason() const { return reason_; }

  /// When it last changed state; nothing before the first change.
  std::optional<Instant> since() const { return since_; }

  /// Since when it is not closed, through all its probes; nothing while it is closed.
  std::optional<Instant> failing_since() const {
    return state_ == State::closed ? std::nullopt : std::optional(opened_at_);
  }

  /// When an open breaker admits its probe; nothing in other states, and while it is isolated.
  std::optional<Instant> next_attempt() const;

  /// Transitions since the last call, oldest first, for the log, the status topic and events. At most 64 are kept.
  std::vector<Transition> take_transitions();

  /// How often it has gone into `state` since it was made; closed, in which it begins, not counted then.
  std::uint64_t entries_into(State state) const { return entries_.at(static_cast<std::size_t>(state)); }

  /// The rule of its own that it has broken since it was made, as a sentence: an outcome that came after its deadline
  /// made it close, or one of no probe. Nothing, unless it has a bug; for tests and the simulation, after each step.
  const std::optional<std::string>& broken_rule() const { return broken_rule_; }

 private:
  struct Outcome {
    bool failed;
    bool slow;
  };

  void record(Outcome outcome, const std::string& reason, Instant now);
  void open(Millis time, const std::string& reason, Instant now);
  Millis next_open_time();
  Millis varied(Millis time);
  void check_recovery(Instant now);
  void change(State to, const std::string& reason, Millis open_for, Instant now);
  bool is_current(Permit permit) const { return permit.generation == generation_; }

  CircuitBreakerOptions options_;
  std::minstd_rand random_;
  State state_ = State::closed;
  std::uint64_t generation_ = 1;
  int consecutive_failures_ = 0;
  std::deque<Outcome> outcomes_;  // the last `window` while closed
  std::size_t openings_ = 0;      // since it was last closed; index into open_times
  Instant opened_at_{};           // when it left closed
  Instant open_until_{};
  bool isolated_ = false;                  // only while open
  std::optional<Instant> probe_deadline_;  // set while the probe is out
  std::optional<Instant> since_;
  std::string reason_;
  std::vector<Transition> transitions_;
  std::array<std::uint64_t, 3> entries_{};  // by State
  std::optional<std::string> broken_rule_;
};

/// "closed", "open", "half_open".
std::string_view name_of(CircuitBreaker::State state);

/// The line that operators grep for: "Circuit breaker OPEN - API failures exceeded threshold (3)",
/// "Circuit breaker HALF_OPEN - attempting recovery", "Circuit breaker CLOSED - recovered after 61 s". The last
/// failure's reason, when it has one, follows the first, after a colon. An operator's: "Circuit breaker OPEN - isolated
/// by operator", "Circuit breaker CLOSED - closed by operator after 61 s".
std::string log_line(const CircuitBreaker::Transition& transition);

}  // namespace sensors

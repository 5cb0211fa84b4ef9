// BreakerWatch checks a circuit breaker from outside: by its log lines, by the attempts that are made behind it, and by
// what came of them. It knows the rules of docs/protocol.md, and nothing of common/core/circuit_breaker.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "common/core/service_events.hpp"
#include "tests/simulation/world.hpp"

namespace sensors::simulation {

struct BreakerRules {
  int consecutive_failures = 3;
  int failures_in_window = 5;
  std::size_t window = 10;
  Millis longest_open{331'000};  // with jitter
  Millis longest_without_probe{300'000};
};

class BreakerWatch {
 public:
  BreakerWatch(World& world, std::string name, BreakerRules rules)
      : world_(world), name_(std::move(name)), rules_(rules) {}

  enum class State { closed, half_open, open };
  State state() const { return state_; }

  /// A new run of the service begins.
  void restart(State state = State::closed);

  void logged(const LogLine& line);

  /// An attempt was made in the step under way. One that has no outcome after `deadline` has failed; 0: it will have
  /// one.
  void attempt(std::uint64_t id, Millis deadline);

  /// Whether the outcome of this attempt matters still: the breaker has not changed since, as at the probe's deadline.
  bool counts(std::uint64_t id) const {
    const auto found = attempts_.find(id);
    return found != attempts_.end() && found->second.counts;
  }

  enum class Outcome { success, failure, neither };
  void outcome(std::uint64_t id, Outcome outcome);

  /// An attempt that began and failed at one instant: a connect.
  void failed_at_once();

  /// After every step of the Logic. `could_probe`: there is something to send, and a way to the peer.
  void check(bool could_probe = false);

 private:
  struct Attempt {
    std::optional<Instant> deadline;
    bool is_new = true;
    bool is_probe = false;
    bool counts = true;  // it was made in the present state, and is not judged yet
  };

  void change(State to);
  void judge(bool failed);
  void violate(std::string_view check, const std::string& text);

  World& world_;
  std::string name_;
  BreakerRules rules_;
  State state_ = State::closed;
  Instant since_{};
  std::map<std::uint64_t, Attempt> attempts_;
  std::deque<bool> outcomes_;  // in closed; true: failed
  int in_a_row_ = 0;
  std::optional<Instant> probe_failed_at_;  // and the breaker has not opened yet
  bool probe_succeeded_ = false;
  Instant probed_at_{};  // or there was no way to probe
};

}  // namespace sensors::simulation

// StatusReporter decides when the bridge tells how it is: its status and queue topics and systemd's STATUS= line, on
// each change and at an interval. Owned by Logic. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "common/codec/control_json.hpp"
#include "common/codec/status_writer.hpp"
#include "common/core/circuit_breaker.hpp"
#include "common/core/latency_histogram.hpp"
#include "services/sensor-http-bridge/delivery/logic_options.hpp"
#include "services/sensor-http-bridge/events.hpp"

namespace sensors::bridge {

struct Counters {
  std::uint64_t delivered = 0;                    // readings that the destination took
  std::uint64_t rejected = 0;                     // rows that became dead letters
  std::uint64_t splits = 0;                       // batches that were refused, and cut
  std::uint64_t holds = 0;                        // times that too many rows were refused in a row
  std::uint64_t batches = 0;                      // delivered
  std::uint64_t bytes = 0;                        // of delivered batches, before compression
  std::uint64_t unanswered = 0;                   // requests that the store did not answer, or refused
  std::uint64_t late_outcomes = 0;                // of attempts that had been given up
  std::map<std::string, std::uint64_t> failures;  // attempts, by class
  LatencyHistogram latency;                       // of attempts, failed ones too

  void describe(StatusWriter& status) const;
};

/// How the bridge is at one moment.
struct Condition {
  bool connected = false;
  ServiceState state = ServiceState::up;
  std::string reason;
  std::uint64_t depth = 0;
  Millis oldest{0};  // since when the oldest of them is known to wait
  bool pressure = false;
  std::uint64_t delivered = 0;  // readings, since the start
  CircuitBreaker::State breaker = CircuitBreaker::State::closed;
};

/// The retained message that says "down": at the end of the service, and as its last will.
MqttPublish down_message(const LogicOptions& options, const std::string& reason, WallTime since);

class StatusReporter {
 public:
  explicit StatusReporter(const LogicOptions& options) : options_(options) {}

  /// A part of the service that says what it has to say in a status.
  using Describe = std::function<void(StatusWriter&)>;

  /// Appends what is to be said now to `effects`; asks `describe` only when that is a status.
  void report(const Condition& condition, const Describe& describe, Now now, Effects& effects);

  /// The next report() publishes, whether something has changed or not.
  void say_again() { is_due_ = true; }

  std::optional<Instant> wake_at() const { return next_at_; }

 private:
  void publish(const Condition& condition, const Describe& describe, Now now, Effects& effects);
  double rate_since_last(std::uint64_t delivered, Instant now);

  const LogicOptions& options_;
  std::string last_line_;  // of STATUS=
  std::string last_said_;  // what makes a status message due at once when it changes
  std::optional<ServiceState> state_;
  Instant since_{};                 // of state_
  std::optional<Instant> next_at_;  // nothing while the broker is away
  bool is_due_ = false;
  std::optional<Instant> rated_at_;
  std::uint64_t rated_delivered_ = 0;
  double rate_ = 0;
};

}  // namespace sensors::bridge

// StatusBoard keeps what the service says about itself: its state since when and why, its counters, its queue.
// Owned by Logic, on the loop thread. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/codec/control_json.hpp"
#include "common/codec/status_writer.hpp"
#include "common/core/queue_age.hpp"
#include "common/core/queue_mark.hpp"
#include "services/sensor-persistence/logic/uploads.hpp"

namespace sensors::persistence {

inline constexpr const char* service_name = "sensor-persistence";

/// The status of a service that is not there: its last will.
std::string down_status(const std::string& store, const std::string& instance, const std::string& reason, WallTime now);

/// Beyond those of Ingest.
struct ServiceCounters {
  std::uint64_t messages = 0;          // of readings and batches
  std::uint64_t refused_messages = 0;  // malformed, too large, names that do not agree
  std::uint64_t malformed_rows = 0;    // bad rows of batches; each with a number became a gap record
  std::uint64_t from_future = 0;       // readings that say to be of a time more than a day ahead
  std::uint64_t commits = 0;
  std::uint64_t failed_commits = 0;
  std::uint64_t salvages = 0;              // damaged stores of which another was made
  std::uint64_t lost_in_damage = 0;        // numbers that their gap records stand for
  std::uint64_t dead_lettered = 0;         // rows that a destination refused
  std::uint64_t dead_letters_dropped = 0;  // because there were too many
  std::uint64_t requeued = 0;
  std::uint64_t purged = 0;
  std::uint64_t calls = 0;          // RPC requests
  std::uint64_t refused_calls = 0;  // answered with an error, or not at all

  void describe(StatusWriter& status) const;
};

class StatusBoard {
 public:
  StatusBoard(std::uint64_t queue_high, std::uint64_t queue_limit)
      : high_(queue_high), limit_(queue_limit), mark_(queue_high) {}

  /// True when the state or its reason changed.
  bool set(ServiceState state, const std::string& reason, Instant now);

  ServiceState state() const { return state_; }
  const std::string& reason() const { return reason_; }

  /// `details`: what the parts of the service say of themselves.
  std::string status(const StatusWriter& details, Now now) const;

  /// Rates are since the call before.
  std::string queue(const Uploads& uploads, const QueueAge& age, Now now);

  /// Whether publishers should slow down: not able to take all, or above `high` and not yet back at half of it.
  bool update_pressure(std::uint64_t depth);

 private:
  std::uint64_t high_;
  std::uint64_t limit_;
  ServiceState state_ = ServiceState::up;
  std::string reason_;
  std::optional<Instant> since_;
  QueueMark mark_;
  std::uint64_t rows_left_ = 0;
  std::optional<Instant> rate_since_;
};

}  // namespace sensors::persistence

// BootClocks decides how long rows of a machine whose clock was not set are held back, and when they get their times:
// once its publisher says when the boot began (ADR 4). Owned by Logic, on the loop thread. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/codec/status_writer.hpp"
#include "common/core/rotating_sample.hpp"
#include "services/sensor-persistence/events.hpp"

namespace sensors::persistence {

struct BootClockOptions {
  /// Rows of one boot wait at most so long for their times, from when its first one came or the store was opened.
  Millis hold{300'000};

  /// Rows given their times in one transaction.
  std::size_t step_rows = 1'000;
};

struct ClockCounters {
  std::uint64_t unsynced = 0;   // readings that came without a time that can be relied on
  std::uint64_t restamped = 0;  // readings given their times, as they came or later
  std::uint64_t released = 0;   // boots whose rows had waited long enough
};

class BootClocks {
 public:
  static constexpr std::size_t max_boots = 1'000;  // that wait at one time, and that are heard of between two commits

  explicit BootClocks(BootClockOptions options) : options_(options) {}

  /// A store was opened; `waiting` are the boots that have rows which wait.
  void restart(const std::vector<BootState>& waiting, Instant now);

  /// Rows are about to be committed that carry their uptime.
  void rows_come(const StreamRows& rows, Instant now);

  /// A publisher says when a boot began. False when too many said so at once: it says it again at its next connect.
  bool learn(BootKey boot, WallTime time);

  bool is_due(Instant now) const;
  std::optional<Instant> due_at() const;

  /// Adds to `transaction` what is due; committed() or failed() follows.
  void fill(CommitTransaction& transaction, Instant now);

  /// What the commit has done; what to tell the operator when a boot's rows have all got their times, else empty.
  std::string committed(const CommitReport& report);
  void failed() { sent_ = Sent{}; }

  void describe(StatusWriter& status) const;

  /// What should hold after every call and does not; empty when all holds.
  std::string broken_invariant() const;

 private:
  /// Rows of one boot on their way to their times.
  struct Repair {
    BootKey boot;
    std::size_t readings = 0;
    Millis largest_shift{0};
  };

  struct Sent {
    std::vector<BootLearned> learned;
    std::vector<BootKey> released;
  };

  std::string take_step(const RestampReport& report);

  BootClockOptions options_;
  std::map<BootKey, Instant> held_until_;
  std::map<BootKey, WallTime> learned_;  // not yet committed
  std::uint64_t times_heard_ = 0;        // that came into learned_, and
  std::uint64_t times_committed_ = 0;    // that left it
  std::deque<Repair> repairs_;
  Sent sent_;  // with the commit under way
  RotatingSample checked_sent_;
  ClockCounters counters_;
};

}  // namespace sensors::persistence

// StoreHealth decides when the store is opened, tried again, salvaged or given up, and what others are told meanwhile.
// Owned by Logic, on the loop thread. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/core/backoff.hpp"
#include "services/sensor-persistence/events.hpp"

namespace sensors::persistence {

struct StoreHealthOptions {
  /// Waits between attempts to open the store, or to write to it, after one that failed.
  Millis retry_first{500};
  Millis retry_longest{30'000};
  std::uint64_t seed = 1;

  /// A salvage carries over everything that waits for upload, and of the rows that every destination has at most this
  /// many, the newest: it bounds how long it takes.
  std::uint64_t salvage_history_rows = 5'000'000;

  /// Shortest time between two salvages: a machine that damages whatever it writes must not fill its disk with them.
  Millis salvage_spacing{60'000};
};

class StoreHealth {
 public:
  explicit StoreHealth(StoreHealthOptions options);

  /// The attempt to open that is due; opened() or open_failed() follows. No other work is outstanding at the store.
  std::optional<OpenStore> take_open(Now now);

  /// Opened, with `contents`. False when it cannot be used as it is: it has forgotten what it had committed.
  bool opened(const StoreContents& contents, Instant now);

  enum class Verdict { wait, give_up };

  /// give_up for a mistake that only the operator can mend, of a store that was never open.
  Verdict open_failed(const Error& error, Instant now);

  /// Whether an attempt to write is due, in a store that is open and failed before.
  bool probe_is_due(Instant now) const;

  /// `had_rows`: a real commit. Only those make the waits short again: a disk that is nearly full lets probes through.
  void commit_succeeded(std::uint64_t last_id, bool had_rows);
  void commit_failed(const Error& error, Instant now);

  /// Something else than a commit met an error that only opening it anew can mend: after damage it is salvaged.
  void found_failing(const Error& error, Instant now);

  bool is_open() const { return state_ == State::open; }

  /// Open, and the last commit was well.
  bool is_working() const { return is_open() && !error_.has_value(); }

  /// What is wrong, from the first failure until it works again.
  const std::optional<Error>& error() const { return error_; }

  std::optional<Instant> due_at() const;

 private:
  enum class State { closed, opening, open };

  void retry_later(Instant now);
  void salvage_next(const Error& damage, Instant now);

  StoreHealthOptions options_;
  Backoff backoff_;
  State state_ = State::closed;
  bool was_open_ = false;
  std::optional<Error> error_;
  bool is_damaged_ = false;   // to be salvaged; error_ says how
  bool has_no_room_ = false;  // for history in a salvage
  Instant retry_at_{};
  Instant next_salvage_at_{};
  std::string store_;          // what was opened last
  std::uint64_t last_id_ = 0;  // and the last id that it has committed
};

}  // namespace sensors::persistence

// SavedBreaker is what outlives a restart of the bridge: a breaker that was open stays open for the rest of its time,
// so that a crash loop does not hammer a destination that is down. Pure; the file itself is the shell's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/core/circuit_breaker.hpp"
#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors::bridge {

struct SavedBreaker {
  CircuitBreaker::State state = CircuitBreaker::State::closed;
  std::size_t openings = 0;  // since it was last closed: decides how long the next opening lasts
  Millis left{0};            // of its open time, when it was saved
  WallTime saved_at{};
  std::size_t refused_in_row = 0;  // rows that became dead letters since the last delivered one
  std::string reason;
  bool isolated = false;  // by an operator; then it is open, for no time in particular
  std::string about;      // DeliveryOptions::about of then; empty: not known, of an older version

  bool operator==(const SavedBreaker&) const = default;
};

SavedBreaker saved_breaker(const CircuitBreaker& breaker, std::size_t refused_in_row, std::string about, Now now);

/// Text of a few "key value" lines.
std::string encode_saved_breaker(const SavedBreaker& saved);

/// ErrorCode::corrupt for anything that encode_saved_breaker() cannot have written.
Result<SavedBreaker> decode_saved_breaker(std::string_view text);

/// The open time that is left at `now`; 0 .. saved.left whatever the wall clock did since. Nothing when it was closed.
std::optional<Millis> open_time_left(const SavedBreaker& saved, WallTime now);

}  // namespace sensors::bridge

// DemoOutcome is what the demo says at its end: the sums, and whether they are right. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace sensors::demo {

/// What came of what the drivers gave, once everything had its time to arrive.
struct DemoOutcome {
  std::uint64_t taken = 0;
  std::uint64_t stored = 0;
  std::uint64_t delivered = 0;
  std::uint64_t duplicates_at_api = 0;
  std::uint64_t lost = 0;  // at least, where some may wait
  std::uint64_t gaps = 0;
  double seconds = 0;
  std::uint64_t waiting = 0;  // at most so many of what did not arrive; none of the lost
  std::uint64_t held = 0;     // in outbox and store when the demo ended; one that had arrived may be among them

  /// Every reading arrived, once.
  bool good() const { return lost == 0 && duplicates_at_api == 0 && stored == taken && delivered == taken; }

  /// The program's.
  int exit_code() const { return good() ? 0 : 1; }

  /// A sentence for people, of one line.
  std::string text() const;

  /// One object on one line, with all but `held`.
  std::string json() const;
};

}  // namespace sensors::demo

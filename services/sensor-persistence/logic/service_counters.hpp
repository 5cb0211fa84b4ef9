// ServiceCounters is what the Logic counts since the start, beyond what Ingest does. Owned by Logic, on the loop
// thread. Pure.
#pragma once

#include <cstdint>

#include "common/codec/status_writer.hpp"

namespace sensors::persistence {

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

}  // namespace sensors::persistence

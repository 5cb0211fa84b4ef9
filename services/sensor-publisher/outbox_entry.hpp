// What the outbox holds, and what it tells the Logic when it is opened. Positions number its entries 1, 2, 3, ...
// for the life of the file; each run of the publisher is a stream of its own that starts at the position where
// the run before it ended, so that seq = position - stream base.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/core/reading.hpp"
#include "common/core/send_window.hpp"

namespace sensors::publisher {

/// Why the entries first..last of the outbox are no more.
struct DroppedEntries {
  std::string reason;
  WallTime time;
};

/// One reading (first == last), or the gap record of a range.
struct OutboxEntry {
  Position first;
  Position last;
  std::variant<Reading, DroppedEntries> what;
};

struct OutboxStream {
  std::string id;
  Position base;                                     // seq = position - base
  std::string boot = {};                             // of the machine, in which this run took its readings
  std::optional<WallTime> boot_time = std::nullopt;  // when that boot began, if its clock was ever right
};

/// The positions that belong to one stream.
struct StreamRange {
  Position first;
  Position last;
};

/// The outbox as it was found, with a new stream begun for this run.
struct OutboxContents {
  std::vector<OutboxStream> streams;  // oldest first; the last is this run's
  Position confirmed = 0;             // everything up to here is confirmed
  Position last = 0;                  // everything up to here is durable
  std::string known_store;            // empty: none yet
};

}  // namespace sensors::publisher

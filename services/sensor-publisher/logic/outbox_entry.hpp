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
#include "common/core/silence_watch.hpp"
#include "services/sensor-publisher/logic/send_window.hpp"

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
  Position base;          // seq = position - base, modulo 2^64: a stream that began in memory may have a base below 0
  std::string boot = {};  // of the machine, in which this run took its readings
  std::optional<WallTime> boot_time = std::nullopt;  // when that boot began, if its clock was ever right

  /// Its first numbers, which the store confirmed before there was an outbox that they could be written to.
  std::uint64_t skipped = 0;

  /// The name of the machine when this run took its readings, which they keep. Empty: from an outbox that did not keep
  /// it yet; then the present name goes for it, until the store says otherwise.
  std::string node = {};

  /// Its entries in the outbox are those behind this position, up to the start of the next stream.
  Position start() const { return base + skipped; }

  /// The number that `position` is in this stream; 0 when it is before the first.
  std::uint64_t seq_at(Position position) const {
    const auto number = static_cast<std::int64_t>(position - base);
    return number > 0 ? static_cast<std::uint64_t>(number) : 0;
  }
};

/// A stream of an earlier run that is confirmed to its end, and of which the outbox has nothing else any more.
struct EndedStream {
  std::string id;
  std::string node;        // as of OutboxStream
  std::uint64_t last = 0;  // 0: it had no readings, and is remembered until the next opening only
  bool operator==(const EndedStream&) const = default;
};

/// How many of them are remembered, the newest. A store that was lost gets no gap records for those before.
inline constexpr std::size_t max_ended_streams = 2'000;

/// The positions that belong to one stream.
struct StreamRange {
  Position first;
  Position last;
};

/// What was done about a damaged outbox.
struct OutboxRepair {
  std::string damage;                // what was wrong
  std::string moved_to;              // where the damaged file is now
  std::uint64_t salvaged = 0;        // readings that are in the new one
  std::uint64_t lost = 0;            // readings for which there is a gap record now
  bool end_is_unknown = false;       // there may have been more behind the last one that could be read
  bool out_of_time = false;          // some that could be read were not
  bool streams_are_unknown = false;  // readings have a new stream: the store may get some a second time
  std::vector<std::string> deleted;  // older damaged files, to bound the space they take
};

/// The outbox as it was found, with a new stream begun for this run.
struct OutboxContents {
  std::vector<OutboxStream> streams;  // oldest first; the last is this run's
  Position confirmed = 0;             // everything up to here is confirmed
  Position last = 0;                  // everything up to here is durable
  std::string known_store;            // empty: none yet
  std::string failure{};              // not empty: it could not be opened, and why; the readings wait in memory
  std::optional<OutboxRepair> repair{};
  std::vector<std::string> notes{};     // worth a line in the log
  std::vector<std::string> warnings{};  // and what somebody has to look at
  bool reserve_held = false;            // the reserve file is there
  std::vector<EndedStream> ended{};     // oldest first
  std::vector<KnownSensor> sensors{};   // without their node, which is the present one
  std::string calibrations{};           // of the run before: calibrations_of()
};

}  // namespace sensors::publisher

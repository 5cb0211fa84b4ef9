// What becomes of the streams of two outboxes that are joined: one that a backup had, and the one that was there when
// it was put back. Pure.
#pragma once

#include <optional>
#include <vector>

#include "services/sensor-publisher/logic/outbox_entry.hpp"

namespace sensors::publisher {

/// Where one of the two outboxes has entries of a stream: the numbers first..last, at base + number.
struct StreamPart {
  Position base = 0;
  std::uint64_t first = 1;
  std::uint64_t last = 0;
  bool operator==(const StreamPart&) const = default;
};

struct JoinedStream {
  OutboxStream stream;          // as it is in the joined outbox
  std::uint64_t last = 0;       // its highest number
  std::uint64_t confirmed = 0;  // a store has confirmed all up to this one
  std::optional<StreamPart> restored{};
  std::optional<StreamPart> present{};
};

struct JoinedStreams {
  std::vector<JoinedStream> streams;  // oldest first, one right behind the other from position 1 on
  std::vector<EndedStream> ended;     // oldest first
};

/// Both as Outbox::open() found them: the last stream of each is of the run that opens them, and has nothing yet. The
/// streams of the restored one come first. A stream has its entries or is ended, never both; the joined outbox begins
/// with nothing confirmed, so that a store that was put back gets all of it.
JoinedStreams join_streams(const OutboxContents& restored, const OutboxContents& present);

struct JoinedEntry {
  OutboxEntry entry;
  bool is_of_restored = false;  // it is a reading that the restored one has
};

/// The entry for `seq`, in numbers of the stream: a reading that one of the two outboxes has, else a gap record, as far
/// as it goes. `restored` and `present`: the entry there that has `seq` or is the first behind it, if any.
JoinedEntry joined_entry(const JoinedStream& stream, std::uint64_t seq, OutboxEntry* restored, OutboxEntry* present,
                         WallTime now);

}  // namespace sensors::publisher

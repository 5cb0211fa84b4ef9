// The join of two outboxes: what a backup had, which `sensorctl restore` puts beside the outbox as "<path>.restored",
// with what waits in the one that is there. Neither is lost by the other. The outbox worker's thread; blocks.
#pragma once

#include <string>

#include "services/sensor-publisher/outbox.hpp"

namespace sensors::publisher {

struct OutboxJoin {
  std::uint64_t readings = 0;        // in the joined outbox
  std::uint64_t of_restored = 0;     // those of them that the restored one has
  std::uint64_t in_gap_records = 0;  // numbers of its streams that neither has
};

/// Fills the replacement of `path` from both; complete and closed, it waits for put_in_place(). Both of them stay as
/// they are, and joining the result with one of them once more gives the same. Errors: timeout after `limit`; disk_full
/// and others of writing the new file, which is deleted then; those of reading.
Result<OutboxJoin> join_outboxes(const std::string& path, Outbox& restored, Outbox& present, Millis limit,
                                 WallTime now);

}  // namespace sensors::publisher

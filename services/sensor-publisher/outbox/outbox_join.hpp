// The join of two outboxes: what a backup had, which `sensorctl restore` puts beside the outbox as "<path>.restored",
// with what waits in the one that is there. All that waits in either is in the joined one, which may be larger than an
// outbox may be: its budget then thins out or drops, with gap records. The outbox worker's thread; blocks.
#pragma once

#include <functional>
#include <string>

#include "services/sensor-publisher/outbox/outbox.hpp"

namespace sensors::publisher {

struct OutboxJoin {
  std::uint64_t readings = 0;        // in the joined outbox
  std::uint64_t of_restored = 0;     // those of them that the restored one has
  std::uint64_t in_gap_records = 0;  // numbers of its streams that neither has
};

struct OutboxJoinFailure {
  Error error;
  bool is_of_restored = false;  // it could not be read
  bool is_of_present = false;
};

/// Fills the replacement of `path` from both; complete and closed, it waits for put_in_place(). Both of them stay as
/// they are, and joining the result with one of them once more gives the same. Errors: timeout once `is_too_late`,
/// which is asked before every 1,000 entries that are read; disk_full and others of writing the new file, which is
/// deleted then; those of reading.
tl::expected<OutboxJoin, OutboxJoinFailure> join_outboxes(const std::string& path, Outbox& restored, Outbox& present,
                                                          const std::function<bool()>& is_too_late, WallTime now);

}  // namespace sensors::publisher

// Salvage of a damaged outbox: what can be read of it goes into a new file under the same positions and streams, so
// that the store knows what it has already; what cannot be read becomes gap records. The outbox worker's thread.
#pragma once

#include <string>

#include "services/sensor-publisher/logic/outbox_entry.hpp"

namespace sensors::publisher {

struct OutboxSalvageOptions {
  /// For reading the damaged file.
  Millis time_limit{30'000};

  /// Damaged files that are kept, and as many outboxes from before a restore; older ones are deleted, and named.
  std::size_t keep_damaged = 3;
};

/// Puts a new file in the place of the damaged one at `path`, which is moved aside. `known`: what is known better than
/// from the file, when `is_settled`; `damage`: what was wrong. Errors: disk_full and others of writing the new file;
/// the damaged one is then where it was.
Result<OutboxRepair> salvage_outbox(const std::string& path, const OutboxContents& known, bool is_settled,
                                    const std::string& damage, const OutboxSalvageOptions& options, WallTime now);

}  // namespace sensors::publisher

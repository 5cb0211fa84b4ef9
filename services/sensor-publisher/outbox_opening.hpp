// Opening the outbox whatever state it is in: finishes what a crash cut short, looks for damage for a bounded time,
// salvages what is damaged, and joins it with what was restored from a backup. The outbox worker's thread, or the main
// thread before there is one.
#pragma once

#include <string>

#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/outbox.hpp"
#include "services/sensor-publisher/outbox_salvage.hpp"

namespace sensors::publisher {

struct OutboxFileOptions {
  std::string path;

  /// For looking for damage at the start; 0: not at all.
  Millis check_limit{5'000};

  OutboxSalvageOptions salvage{};

  /// For joining it with what was restored from a backup; then it goes on alone until the next start. 0 .. 10 min.
  Millis join_limit{40'000};

  /// Of the reserve file PATH.reserve; 0: none.
  std::int64_t reserve_bytes = 4 * 1024 * 1024;
};

/// Errors: invalid and newer_schema, which do not go away; those of a disk, which may. A damaged file is no error. One
/// that this run opens for the first time (not settled) is looked through for damage; one that is opened again after an
/// error is brought to the disk. What restored_beside() names is joined with one that is opened for the first time.
Result<Outbox> open_outbox(const OutboxFileOptions& options, const OutboxOpen& open, WallTime now);

}  // namespace sensors::publisher

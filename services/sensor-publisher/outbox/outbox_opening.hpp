// Opening the outbox whatever state it is in: finishes what a crash cut short, looks for damage for a bounded time,
// salvages what is damaged, and joins it with what was restored from a backup. The outbox worker's thread, or the main
// thread before there is one.
#pragma once

#include <string>

#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/outbox/outbox.hpp"
#include "services/sensor-publisher/outbox/outbox_salvage.hpp"

namespace sensors::publisher {

struct OutboxFileOptions {
  std::string path;

  /// For looking for damage at the start; 0: not at all.
  Millis check_limit{5'000};

  OutboxSalvageOptions salvage{};

  /// For joining it with what was restored from a backup; then it goes on alone. 0 .. 10 min.
  Millis join_limit{480'000};

  /// Of the disk, free when the two are joined: both stay beside the joined one, and the store may be on this disk too.
  std::int64_t join_leaves_free = 16 * 1024 * 1024;

  /// Of the reserve file PATH.reserve; 0: none.
  std::int64_t reserve_bytes = 4 * 1024 * 1024;
};

/// Errors: invalid and newer_schema, which do not go away; those of a disk, which may. A damaged file is no error. One
/// that this run opens for the first time (not settled) is looked through for damage; one that is opened again after an
/// error is brought to the disk. What was restored from a backup stays beside it, and is said.
Result<Outbox> open_outbox(const OutboxFileOptions& options, const OutboxOpen& open, WallTime now);

/// The same at the start of the service, when no reading waits in memory and no watchdog counts: joins the outbox with
/// what was restored from a backup. While that cannot be done the outbox goes on alone, and says so.
Result<Outbox> open_and_join(const OutboxFileOptions& options, const OutboxOpen& open, WallTime now);

/// Whether `sensorctl restore` has put something beside the outbox `path` that is not joined with it yet, be it under a
/// name that a crash left.
bool awaits_join(const std::string& path);

/// How long open_and_join() may take when it joins.
Millis longest_join(const OutboxFileOptions& options);

}  // namespace sensors::publisher

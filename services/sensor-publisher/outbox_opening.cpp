#include "services/sensor-publisher/outbox_opening.hpp"

#include <filesystem>
#include <optional>
#include <utility>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "services/sensor-publisher/outbox_join.hpp"

namespace sensors::publisher {

namespace {

/// Opens and looks; corrupt when there is damage.
Result<Outbox> open_and_check(const OutboxFileOptions& options, const OutboxOpen& open) {
  Result<Outbox> outbox = Outbox::open(options.path, open.known, open.is_settled);
  if (!outbox) return outbox;
  if (open.is_settled) {
    if (Result<void> synced = outbox->sync_log(); !synced) return tl::unexpected(synced.error());
    return outbox;
  }
  const Result<void> checked = outbox->check(options.check_limit);
  if (checked) return outbox;
  if (checked.error().code != ErrorCode::timeout) return tl::unexpected(checked.error());
  outbox->note(options.path + ": looked for damage for " + std::to_string(options.check_limit.count()) +
               " ms and found none; the rest is checked as it is read");
  return outbox;
}

/// Salvages what is damaged.
Result<Outbox> open_well(const OutboxFileOptions& options, const OutboxOpen& open, WallTime now) {
  const Result<bool> finished = finish_replacement(options.path, now);
  if (!finished) return tl::unexpected(finished.error());
  std::string damage = open.damage;
  if (damage.empty()) {
    Result<Outbox> outbox = open_and_check(options, open);
    if (outbox && *finished) outbox->note(options.path + ": was written anew before a crash, and is in its place now");
    if (outbox || outbox.error().code != ErrorCode::corrupt) return outbox;
    damage = outbox.error().message;
  }
  Result<OutboxRepair> repair = salvage_outbox(options.path, open.known, open.is_settled, damage, options.salvage, now);
  if (!repair) return tl::unexpected(repair.error());
  Result<Outbox> outbox = Outbox::open(options.path, open.known, open.is_settled);
  if (outbox) outbox->repaired(std::move(*repair));
  return outbox;
}

bool is_there(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::string text_of(const OutboxJoin& join, const std::string& aside) {
  return "joined with what was restored from a backup: " + std::to_string(join.of_restored) + " readings of it and " +
         std::to_string(join.readings - join.of_restored) +
         " that were here are sent, the store takes what it lacks; " + aside + " is the outbox as it was before";
}

/// The logs first: what is left of a crash in between is a database that was closed.
void remove_restored(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {"-wal", "-shm", ""}) std::filesystem::remove(path + suffix, ignored);
}

/// Joins the outbox with what `sensorctl restore` put beside it, if anything. While that cannot be done the outbox
/// goes on alone, and says so.
Result<Outbox> join_restored(Outbox present, const OutboxFileOptions& options, const OutboxOpen& open, WallTime now) {
  OutboxFileOptions beside = options;
  beside.path = restored_beside(options.path);
  const auto go_on_alone = [&](const Error& error) {
    present.warn("what was restored from a backup is not joined with the outbox yet, and its readings are not sent: " +
                 error.message + "; it is tried again at the next start");
    return std::move(present);
  };
  if (const Result<bool> finished = finish_replacement(beside.path, now); !finished)
    return go_on_alone(finished.error());
  if (!is_there(beside.path)) return present;
  Result<Outbox> restored = open_well(beside, open, now);
  if (!restored) return go_on_alone(restored.error());
  const std::optional<OutboxRepair> damage_there = restored->contents().repair;
  const Result<OutboxJoin> join = join_outboxes(options.path, *restored, present, options.join_limit, now);
  if (!join) return go_on_alone(join.error());

  std::optional<OutboxRepair> repair = present.contents().repair;
  { const Outbox closed[] = {std::move(present), std::move(*restored)}; }
  const Result<std::string> aside = put_in_place(options.path, "before-restore", now);
  if (!aside) return tl::unexpected(aside.error());
  Result<Outbox> joined = Outbox::open(options.path, open.known, open.is_settled);
  if (!joined) return joined;
  remove_restored(beside.path);
  if (repair.has_value()) joined->repaired(std::move(*repair));
  joined->note(options.path + ": " + text_of(*join, *aside));
  if (damage_there.has_value()) {
    joined->warn("what was restored from a backup is damaged: " + damage_there->damage + "; " +
                 std::to_string(damage_there->salvaged) + " of its readings could be read, " +
                 std::to_string(damage_there->lost) + " are lost; it is " + damage_there->moved_to);
  }
  return joined;
}

}  // namespace

Result<Outbox> open_outbox(const OutboxFileOptions& options, const OutboxOpen& open, WallTime now) {
  Result<Outbox> outbox = open_well(options, open, now);
  if (outbox && !open.is_settled && awaits_join(options.path)) {
    outbox->warn(
        restored_beside(options.path) +
        ": what was restored from a backup is not joined with the outbox, and its readings are not sent, since "
        "the outbox could not be opened when the service started; restart sensor-publisher to join them");
  }
  return outbox;
}

Result<Outbox> open_and_join(const OutboxFileOptions& options, const OutboxOpen& open, WallTime now) {
  Result<Outbox> outbox = open_well(options, open, now);
  if (!outbox) return outbox;
  return join_restored(std::move(*outbox), options, open, now);
}

bool awaits_join(const std::string& path) {
  const std::string beside = restored_beside(path);
  return is_there(beside) || is_there(replacement_of(beside));
}

Millis longest_join(const OutboxFileOptions& options) {
  // A salvage reads for its limit, and writes for as long again and once more.
  const Millis open_one = options.check_limit + 3 * options.salvage.time_limit;
  constexpr Millis margin{60'000};
  return 2 * open_one + options.join_limit + margin;
}

}  // namespace sensors::publisher

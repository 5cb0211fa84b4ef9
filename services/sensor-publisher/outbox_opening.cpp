#include "services/sensor-publisher/outbox_opening.hpp"

#include <utility>

#include "common/adapters/sqlite/damaged_file.hpp"

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

}  // namespace

Result<Outbox> open_outbox(const OutboxFileOptions& options, const OutboxOpen& open, WallTime now) {
  const Result<bool> finished = finish_replacement(options.path, now);
  if (!finished) return tl::unexpected(finished.error());
  std::string damage = open.damage;
  if (damage.empty()) {
    Result<Outbox> outbox = open_and_check(options, open);
    if (outbox && *finished) outbox->note(options.path + ": salvaged before a crash, and in its place now");
    if (outbox || outbox.error().code != ErrorCode::corrupt) return outbox;
    damage = outbox.error().message;
  }
  Result<OutboxRepair> repair = salvage_outbox(options.path, open.known, open.is_settled, damage, options.salvage, now);
  if (!repair) return tl::unexpected(repair.error());
  Result<Outbox> outbox = Outbox::open(options.path, open.known, open.is_settled);
  if (outbox) outbox->repaired(std::move(*repair));
  return outbox;
}

}  // namespace sensors::publisher

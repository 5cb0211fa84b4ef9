#include "services/sensor-publisher/outbox/outbox_opening.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <utility>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "common/adapters/sqlite/disk_figures.hpp"
#include "services/sensor-publisher/outbox/outbox_join.hpp"

namespace sensors::publisher {

namespace {

/// Opens and looks; corrupt when there is damage.
Result<Outbox> open_and_check(const OutboxFileOptions& options, const OutboxOpen& open) {
  TRY_ASSIGN(Outbox outbox, Outbox::open(options.path, open.known, open.is_settled));
  if (open.is_settled) {
    TRY(outbox.sync_log());
    return outbox;
  }
  const Result<void> checked = outbox.check(options.check_limit);
  if (checked) return outbox;
  if (checked.error().code != ErrorCode::timeout) return tl::unexpected(checked.error());
  outbox.note(options.path + ": looked for damage for " + std::to_string(options.check_limit.count()) +
              " ms and found none; the rest is checked as it is read");
  return outbox;
}

/// Salvages what is damaged.
Result<Outbox> open_well(const OutboxFileOptions& options, const OutboxOpen& open, WallTime now) {
  TRY_ASSIGN(const bool finished, finish_replacement(options.path, now));
  std::string damage = open.damage;
  if (damage.empty()) {
    Result<Outbox> outbox = open_and_check(options, open);
    if (outbox && finished) outbox->note(options.path + ": was written anew before a crash, and is in its place now");
    if (outbox || outbox.error().code != ErrorCode::corrupt) return outbox;
    damage = outbox.error().message;
  }
  TRY_ASSIGN(OutboxRepair repair,
             salvage_outbox(options.path, open.known, open.is_settled, damage, options.salvage, now));
  Result<Outbox> outbox = Outbox::open(options.path, open.known, open.is_settled);
  if (outbox) outbox->repaired(std::move(repair));
  return outbox;
}

bool is_there(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::string text_of(const OutboxJoin& join, const MovedAside& aside) {
  std::string text = "joined with what was restored from a backup: " + std::to_string(join.of_restored) +
                     " readings of it and " + std::to_string(join.readings - join.of_restored) +
                     " that were here are sent, the store takes what it lacks; " + aside.path +
                     " is the outbox as it was before, delete it when all is well";
  for (const std::string& deleted : aside.deleted) text += "; deleted " + deleted;
  return text;
}

/// The logs first: what is left of a crash in between is a database that was closed.
void remove_restored(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {"-wal", "-shm", ""}) std::filesystem::remove(path + suffix, ignored);
}

/// Joins the outbox with what `sensorctl restore` put beside it, if anything. While that cannot be done the outbox
/// goes on alone, and says so.
class RestoredJoin {
 public:
  RestoredJoin(Outbox present, const OutboxFileOptions& options, const OutboxOpen& open, WallTime now)
      : options_(options), beside_(options), open_(open), now_(now), give_up_at_(Clock::now() + options.join_limit) {
    beside_.path = restored_beside(options.path);
    present_ = std::move(present);
  }

  Result<Outbox> run() {
    if (const Result<bool> finished = finish_replacement(beside_.path, now_); !finished)
      return go_on_alone(finished.error());
    if (!is_there(beside_.path)) return std::move(*present_);
    Result<Outbox> restored = open_well(beside_, open_, now_);
    if (!restored) return go_on_alone(restored.error());
    restored_ = std::move(*restored);
    for (;;) {
      if (const Result<void> room = require_room(); !room) return go_on_alone(room.error());
      const auto is_too_late = [this] { return Clock::now() >= give_up_at_; };
      const auto join = join_outboxes(options_.path, *restored_, *present_, is_too_late, now_);
      if (join) return put_joined_in_place(*join);
      // The look for damage is short, so a join may be the first to meet it.
      const Error& error = join.error().error;
      const bool is_damage = error.code == ErrorCode::corrupt;
      if (is_damage && join.error().is_of_restored && !restored_->contents().repair.has_value()) {
        if (const Result<void> done = salvage(restored_, beside_, error); !done) return go_on_alone(done.error());
      } else if (is_damage && join.error().is_of_present && !present_->contents().repair.has_value()) {
        TRY(salvage(present_, options_, error));
      } else {
        return error.code == ErrorCode::timeout && is_too_late() ? give_up() : go_on_alone(error);
      }
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  Result<void> require_room() {
    return require_room_beside(options_.path,
                               restored_->used_bytes() + present_->used_bytes() + options_.join_leaves_free);
  }

  Result<Outbox> go_on_alone(const Error& error) {
    present_->warn(
        "what was restored from a backup is not joined with the outbox yet, and its readings are not sent: " +
        error.message + "; it is tried again at the next start");
    return std::move(*present_);
  }

  /// No sensor is read while the two are joined: the next start must not wait as long for nothing.
  Result<Outbox> give_up() {
    restored_.reset();
    const std::string limit = std::to_string(options_.join_limit.count() / 1'000) + " s";
    const Result<std::string> aside = set_aside(beside_.path, "not-joined", now_);
    if (!aside)
      return go_on_alone({aside.error().code, "it took longer than " + limit + ", and " + aside.error().message});
    present_->warn("what was restored from a backup could not be joined with the outbox within " + limit +
                   ", and its readings are not sent; it is " + *aside +
                   " now. To try again, on a faster disk or once fewer readings wait here: stop sensor-publisher, "
                   "rename that file to " +
                   beside_.path + ", and start it");
    return std::move(*present_);
  }

  Result<void> salvage(std::optional<Outbox>& outbox, const OutboxFileOptions& options, const Error& damage) {
    OutboxOpen open = open_;
    open.damage = damage.message;
    outbox.reset();
    TRY_ASSIGN(outbox, open_well(options, open, now_));
    return {};
  }

  Result<Outbox> put_joined_in_place(const OutboxJoin& join) {
    std::optional<OutboxRepair> repair = present_->contents().repair;
    const std::optional<OutboxRepair> damage_there = restored_->contents().repair;
    present_.reset();
    restored_.reset();
    TRY_ASSIGN(const MovedAside aside,
               put_in_place(options_.path, "before-restore", now_, options_.salvage.keep_damaged));
    TRY_ASSIGN(Outbox joined, Outbox::open(options_.path, open_.known, open_.is_settled));
    remove_restored(beside_.path);
    if (repair.has_value()) joined.repaired(std::move(*repair));
    joined.note(options_.path + ": " + text_of(join, aside));
    if (damage_there.has_value()) {
      joined.warn("what was restored from a backup is damaged: " + damage_there->damage + "; " +
                  std::to_string(damage_there->salvaged) + " of its readings could be read, " +
                  std::to_string(damage_there->lost) + " are lost; it is " + damage_there->moved_to);
    }
    return joined;
  }

  const OutboxFileOptions& options_;
  OutboxFileOptions beside_;
  const OutboxOpen& open_;
  const WallTime now_;
  const Clock::time_point give_up_at_;
  std::optional<Outbox> present_;
  std::optional<Outbox> restored_;
};

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
  TRY_ASSIGN(Outbox outbox, open_well(options, open, now));
  return RestoredJoin(std::move(outbox), options, open, now).run();
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

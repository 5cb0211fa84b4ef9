//   state                | leaves by
//   closed               | an attempt to open, at retry_at_ -> opening
//   opening              | opened -> open; it failed -> closed, or the service gives up
//   open                 | a commit that failed, with what another attempt at the same file may mend (disk full, a
//                        |   lock) -> a probe at retry_at_; with anything else -> closed
//   open, error_ is set  | a probe that commits -> open and working
//
// After an I/O error the file is opened anew: what a connection keeps in memory no longer says what is on the disk, and
// its handles may belong to a file system that is gone. A store that comes back with less than it had committed was
// lied to by its disk: it would give ids again that the destinations know, so it is salvaged into one with a new name.
#include "services/sensor-persistence/logic/store_health.hpp"

#include <algorithm>

namespace sensors::persistence {
namespace {

bool may_pass_by_itself(ErrorCode code) { return code == ErrorCode::disk_full || code == ErrorCode::timeout; }

/// Mistakes of configuration: another program's file, a later version's, no such folder, no permission.
bool needs_operator(ErrorCode code) {
  return code == ErrorCode::invalid || code == ErrorCode::newer_schema || code == ErrorCode::not_found ||
         code == ErrorCode::permission;
}

}  // namespace

StoreHealth::StoreHealth(StoreHealthOptions options)
    : options_(options), backoff_(options.retry_first, options.retry_longest, options.seed) {}

std::optional<OpenStore> StoreHealth::take_open(Now now) {
  if (state_ != State::closed || now.monotonic < retry_at_) return std::nullopt;
  state_ = State::opening;
  OpenStore open;
  open.may_create = !was_open_;
  open.time = now.wall;
  if (is_damaged_) {
    next_salvage_at_ = now.monotonic + options_.salvage_spacing;
    open.salvage = Salvage{has_no_room_ ? 0 : options_.salvage_history_rows};
  }
  return open;
}

bool StoreHealth::opened(const StoreContents& contents, Instant now) {
  if (contents.store == store_ && contents.last_id < last_id_) {
    salvage_next(Error{ErrorCode::corrupt, "the disk has lost rows " + std::to_string(contents.last_id + 1) + ".." +
                                               std::to_string(last_id_) + ", which were synced"},
                 now);
    return false;
  }
  state_ = State::open;
  was_open_ = true;
  is_damaged_ = false;
  has_no_room_ = false;
  store_ = contents.store;
  last_id_ = contents.last_id;
  retry_at_ = now;  // what failed before is tried at once
  return true;
}

StoreHealth::Verdict StoreHealth::open_failed(const Error& error, Instant now) {
  if (!was_open_ && needs_operator(error.code)) {
    error_ = error;
    return Verdict::give_up;
  }
  if (error.code == ErrorCode::corrupt && !is_damaged_) {
    salvage_next(error, now);
    return Verdict::wait;
  }
  if (is_damaged_ && error.code == ErrorCode::disk_full) has_no_room_ = true;
  state_ = State::closed;
  error_ = error;
  retry_later(now);
  return Verdict::wait;
}

bool StoreHealth::probe_is_due(Instant now) const { return is_open() && error_.has_value() && now >= retry_at_; }

void StoreHealth::commit_succeeded(std::uint64_t last_id, bool had_rows) {
  last_id_ = last_id;
  if (had_rows) backoff_.reset();
  if (!is_damaged_) error_.reset();
}

void StoreHealth::commit_failed(const Error& error, Instant now) {
  if (is_damaged_) return;
  if (error.code == ErrorCode::corrupt) return salvage_next(error, now);
  error_ = error;
  retry_later(now);
  if (!may_pass_by_itself(error.code)) state_ = State::closed;
}

void StoreHealth::found_failing(const Error& error, Instant now) {
  if (is_open()) commit_failed(error, now);
}

void StoreHealth::salvage_next(const Error& damage, Instant now) {
  error_ = damage;
  is_damaged_ = true;
  state_ = State::closed;
  retry_at_ = std::max(now, next_salvage_at_);
}

void StoreHealth::retry_later(Instant now) { retry_at_ = now + backoff_.next(); }

std::optional<Instant> StoreHealth::due_at() const {
  if (state_ == State::closed || (is_open() && error_.has_value())) return retry_at_;
  return std::nullopt;
}

}  // namespace sensors::persistence

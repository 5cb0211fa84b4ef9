// Closed or open: a write that failed is tried again with everything in order. After an error that leaves in doubt what
// is on the disk (anything but a full or read-only one, or a time limit) the outbox is closed and opened again first:
// once a sync has failed, neither the page cache nor the log that it left can be trusted.
#include "services/sensor-publisher/logic/outbox_writer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sensors::publisher {

namespace {

// Confirmed rows go with the next commit, but not each time: a deletion writes pages of its own.
constexpr Position delete_after_readings = 5'000;
constexpr Millis delete_after{5'000};

// A write of nothing shows whether the file that is open is still there: it may have all that waits for the store.
constexpr Millis look_every{5'000};
constexpr Millis retry_first{200};
constexpr Millis retry_longest{10'000};

bool leaves_doubt(ErrorCode code) {
  return code != ErrorCode::disk_full && code != ErrorCode::read_only && code != ErrorCode::timeout;
}

}  // namespace

OutboxWriter::OutboxWriter(OutboxOptions options, const OutboxContents& contents, std::uint64_t seed, Instant start)
    : options_(options),
      retry_(retry_first, retry_longest, seed),
      budget_(options),
      reserve_(options.keeps_reserve),
      next_position_(contents.last + 1),
      written_(contents.last),
      confirmed_(contents.confirmed),
      deleted_(contents.confirmed),
      gone_(contents.confirmed),
      failure_(contents.failure),
      open_(contents.failure.empty()) {
  reserve_.is_held(contents.reserve_held, start);
  if (!open_) retry_at_ = start;
}

void OutboxWriter::append(std::vector<Reading> readings, Now now) {
  if (readings.empty()) return;
  if (!oldest_pending_.has_value()) oldest_pending_ = now.monotonic;
  for (Reading& reading : readings) {
    pending_.push_back({next_position_, next_position_, std::move(reading)});
    ++next_position_;
  }
  bound_pending(now.wall);
}

RoomForReadings OutboxWriter::room(std::size_t streams) const {
  const std::size_t waiting = failure_.empty() ? in_memory() : 0;
  const std::size_t quarter = options_.max_pending / 4;
  const std::size_t share = std::max<std::size_t>(quarter / std::max<std::size_t>(streams, 1), 1);
  return {waiting > 2 * quarter ? 0 : share, waiting > 3 * quarter};
}

/// While the outbox cannot be written the oldest readings give way to a gap record, which is written with the rest.
void OutboxWriter::bound_pending(WallTime now) {
  if (failure_.empty()) return;  // room() bounds what waits
  while (pending_.size() > options_.max_pending) {
    OutboxEntry oldest = std::move(pending_.front());
    pending_.pop_front();
    OutboxEntry& next = pending_.front();
    if (std::holds_alternative<Reading>(oldest.what)) ++readings_unwritable_;
    if (std::holds_alternative<Reading>(next.what)) ++readings_unwritable_;
    next = {oldest.first, next.last, DroppedEntries{"outbox_unwritable", now}};
  }
}

void OutboxWriter::confirm(Position through) {
  confirmed_ = std::max(confirmed_, through);
  // While it is being opened for the first time, the numbers before pending_ are settled.
  if (!opening_) forget_confirmed();
}

void OutboxWriter::unconfirm(Position through) {
  confirmed_ = std::min(confirmed_, through);
  if (confirmed_ <= deleted_) delete_at_.reset();
}

/// Nobody has them but the store.
void OutboxWriter::forget_confirmed() {
  if (!pending_.empty() && pending_.front().last <= confirmed_) gone_ = confirmed_;
  forget_pending_through(confirmed_);
}

void OutboxWriter::forget_pending_through(Position through) {
  while (!pending_.empty() && pending_.front().last <= through) {
    written_ = std::max(written_, pending_.front().last);
    pending_.pop_front();
  }
  if (pending_.empty()) oldest_pending_.reset();
}

void OutboxWriter::stop() {
  stopping_ = true;
  if (retry_at_.has_value()) retry_at_ = Instant{};  // one more try
}

// ---- opening ----

bool OutboxWriter::wants_open(Now now) const {
  return !open_ && !opening_ && !outstanding_ && now.monotonic >= retry_at_.value_or(now.monotonic);
}

void OutboxWriter::opening() {
  opening_ = true;
  retry_at_.reset();
}

void OutboxWriter::reopened(bool reserve_held, Now now) {
  opening_ = false;
  open_ = true;
  reserve_.is_held(reserve_held, now.monotonic);
  forget_confirmed();
  if (!pending_.empty()) oldest_pending_ = now.monotonic;
  retry_at_ = now.monotonic;  // a write shows whether it is well again
}

void OutboxWriter::adopted(const OutboxContents& contents, Now now) {
  const Position shift = contents.streams.back().base;  // positions were numbers of the stream
  for (OutboxEntry& entry : pending_) {
    entry.first += shift;
    entry.last += shift;
  }
  next_position_ += shift;
  written_ = contents.last;
  confirmed_ = deleted_ = gone_ = contents.confirmed;
  dropped_ = 0;
  reopened(contents.reserve_held, now);
}

void OutboxWriter::open_failed(const Error& error, Now now) {
  opening_ = false;
  open_ = false;
  forget_scan();
  try_again(error, now);
  bound_pending(now.wall);
}

/// What was read before may not be what is there.
void OutboxWriter::forget_scan() {
  if (thin_.has_value()) budget_.thinned(false);
  thin_.reset();
}

void OutboxWriter::try_again(const Error& error, Now now) {
  failure_ = error.message;
  if (error.code == ErrorCode::disk_full) reserve_.disk_full(now.monotonic);
  retry_at_ = now.monotonic + retry_.next();
}

// ---- writing ----

bool OutboxWriter::commit_is_due(Instant now) const {
  if (pending_.empty()) return false;
  return stopping_ || pending_.size() >= options_.commit_readings || now >= *oldest_pending_ + options_.commit_age;
}

bool OutboxWriter::delete_is_due(Instant now) {
  if (confirmed_ <= deleted_) return false;
  if (!delete_at_.has_value()) delete_at_ = now + delete_after;
  return stopping_ || confirmed_ - deleted_ >= delete_after_readings || now >= *delete_at_;
}

bool OutboxWriter::look_is_due(Instant now) {
  if (!failure_.empty()) return false;
  if (!look_at_.has_value()) look_at_ = now + look_every;
  return now >= *look_at_;
}

std::optional<OutboxEntry> OutboxWriter::make_room(StreamRange oldest, WallTime now) const {
  std::uint64_t count = budget_.to_drop(depth());
  // A hundredth more than needed, so that a full outbox is not rewritten at each commit.
  if (depth() > options_.max_readings)
    count = std::max(count, depth() - options_.max_readings + options_.max_readings / 100);
  if (count == 0) return std::nullopt;
  const Position first = std::max(confirmed_ + 1, oldest.first);
  const Position last = std::min({oldest_kept() - 1 + count, oldest.last, written_});
  return OutboxEntry{first, last, DroppedEntries{"outbox_full", now}};
}

std::optional<OutboxScan> OutboxWriter::next_scan(Position sent) {
  if (!open_ || stopping_ || !failure_.empty() || thin_.has_value()) return std::nullopt;
  return budget_.next_scan(std::max(sent, oldest_kept() - 1), written_);
}

std::optional<OutboxWrite> OutboxWriter::next(StreamRange oldest, Now now) {
  if (!open_ || outstanding_ || (retry_at_.has_value() && now.monotonic < *retry_at_)) return std::nullopt;
  const bool deletes = delete_is_due(now.monotonic);
  std::optional<OutboxEntry> drop = make_room(oldest, now.wall);
  const DiskReserve::Action reserve = reserve_.next(now.monotonic);
  const bool has_news = !store_to_remember_.empty() || calibrations_to_remember_.has_value() ||
                        boot_to_remember_.has_value() || is_wanted_;
  // A reserve that is to be made waits for a write that comes anyway.
  const bool is_due = commit_is_due(now.monotonic) || deletes || drop.has_value() || thin_.has_value() || has_news ||
                      retry_at_.has_value() || look_is_due(now.monotonic);
  if (!is_due) return std::nullopt;

  OutboxWrite write;
  // While writes fail the sender sends from pending_: then the write gets copies.
  pending_is_under_way_ = !failure_.empty();
  if (pending_is_under_way_) {
    write.append.assign(pending_.begin(), pending_.end());
  } else {
    write.append.assign(std::make_move_iterator(pending_.begin()), std::make_move_iterator(pending_.end()));
    pending_.clear();
    under_way_ = write.append.size();
  }
  oldest_pending_.reset();
  // A retry always has something to write: one that has not would succeed on any disk.
  if (deletes || pending_is_under_way_) write.delete_through = confirmed_;
  gone_ = std::max(gone_, write.delete_through);
  write.drop = std::move(drop);
  write.thin = std::exchange(thin_, std::nullopt);
  if (write.thin.has_value()) restrict_to_kept(*write.thin);
  write.known_store = std::exchange(store_to_remember_, {});
  write.calibrations = std::exchange(calibrations_to_remember_, {});
  write.boot = std::exchange(boot_to_remember_, {});
  write.reserve = reserve;
  outstanding_ = true;
  is_wanted_ = false;
  look_at_.reset();
  return write;
}

/// What was confirmed or dropped since it was scanned must not come back.
void OutboxWriter::restrict_to_kept(ThinnedRange& range) const {
  range.first = std::max(range.first, oldest_kept());
  std::erase_if(range.keep, [&](const OutboxEntry& entry) { return entry.first < range.first; });
}

std::vector<OutboxEntry> OutboxWriter::done(OutboxWritten written, Now now) {
  outstanding_ = false;
  under_way_ = 0;
  OutboxWrite& write = written.write;
  if (write.reserve != DiskReserve::Action::none) reserve_.is_held(written.reserve_held, now.monotonic);
  if (write.thin.has_value()) budget_.thinned(written.result.has_value());
  if (!written.result) {
    write_failed(write, written.result.error(), now);
    return {};
  }
  if (open_) {  // unless a read has shown meanwhile that it cannot be trusted
    failure_.clear();
    retry_.reset();
    retry_at_.reset();
  }
  reserve_.written();
  if (write.delete_through != 0) {
    deleted_ = std::max(deleted_, write.delete_through);
    delete_at_.reset();
  }
  if (write.drop.has_value()) {
    readings_dropped_ += write.drop->last - std::max(write.drop->first - 1, dropped_);
    dropped_ = std::max(dropped_, write.drop->last);
  }
  if (!write.append.empty()) {
    const Position through = write.append.back().last;
    if (std::exchange(pending_is_under_way_, false)) forget_copied(write.append);
    written_ = std::max(written_, through);
  }
  if (!pending_.empty() && !oldest_pending_.has_value()) oldest_pending_ = now.monotonic;
  budget_.measured(written.used_bytes, depth());
  return std::move(write.append);
}

/// Copies of the first of pending_ were written.
void OutboxWriter::forget_copied(const std::vector<OutboxEntry>& written) {
  const bool front_is_gap = !pending_.empty() && std::holds_alternative<DroppedEntries>(pending_.front().what);
  for (const OutboxEntry& entry : written) {
    // It became part of a gap record while it was under way, and is in the outbox after all.
    if (front_is_gap && entry.last <= pending_.front().last && std::holds_alternative<Reading>(entry.what))
      --readings_unwritable_;
  }
  const Position through = written.back().last;
  forget_pending_through(through);
  if (!pending_.empty()) pending_.front().first = std::max(pending_.front().first, through + 1);
}

void OutboxWriter::write_failed(OutboxWrite& write, const Error& error, Now now) {
  if (leaves_doubt(error.code)) {
    open_ = false;
    forget_scan();
  }
  try_again(error, now);
  if (!std::exchange(pending_is_under_way_, false)) {
    pending_.insert(pending_.begin(), std::make_move_iterator(write.append.begin()),
                    std::make_move_iterator(write.append.end()));
  }
  forget_confirmed();
  if (!pending_.empty()) oldest_pending_ = now.monotonic;
  if (store_to_remember_.empty()) store_to_remember_ = write.known_store;
  if (!calibrations_to_remember_.has_value()) calibrations_to_remember_ = write.calibrations;
  if (!boot_to_remember_.has_value()) boot_to_remember_ = write.boot;
  bound_pending(now.wall);
}

std::string OutboxWriter::broken_invariant() const {
  if (delete_at_.has_value() && confirmed_ <= deleted_) return "a deletion waits for its time only while there is one";
  // While it can be written devices come on top, and room() bounds what waits.
  if (!failure_.empty() && pending_.size() > options_.max_pending) return "no more than max_pending readings wait";
  if (pending_.empty()) return {};
  if (pending_.front().first <= written_) return "what waits is behind what is written";
  if (pending_.back().last + 1 != next_position_) return "what waits ends with the newest reading";
  if (pending_.size() == 1) return {};
  const bool has_order =
      pending_[0].last + 1 == pending_[1].first && pending_[pending_.size() - 2].last + 1 == pending_.back().first;
  return has_order ? "" : "what waits has no hole and nothing twice";
}

void OutboxWriter::describe(StatusWriter& status) const {
  StatusWriter& outbox = status.in("outbox");
  outbox.add("depth", depth());
  outbox.add("pending", pending_.size());
  outbox.add("written", written_);
  StatusWriter& counters = status.in("counters");
  counters.add("dropped", readings_dropped_);
  counters.add("unwritable", readings_unwritable_);
  budget_.describe(status);
}

std::optional<Instant> OutboxWriter::wake_at() const {
  if (outstanding_ || opening_) return std::nullopt;
  if (!open_) return retry_at_;
  std::optional<Instant> at = delete_at_;
  if (oldest_pending_.has_value()) {
    const Instant due = *oldest_pending_ + options_.commit_age;
    at = at.has_value() ? std::min(*at, due) : due;
  }
  if (look_at_.has_value()) at = at.has_value() ? std::min(*at, *look_at_) : look_at_;
  if (retry_at_.has_value()) at = std::max(at.value_or(*retry_at_), *retry_at_);
  return at;
}

}  // namespace sensors::publisher

#include "services/sensor-publisher/outbox_writer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sensors::publisher {

namespace {

// Confirmed rows go with the next commit, but not each time: a deletion writes pages of its own.
constexpr Position delete_after_readings = 5'000;
constexpr Millis delete_after{5'000};
constexpr Millis retry_first{200};
constexpr Millis retry_longest{10'000};

}  // namespace

OutboxWriter::OutboxWriter(OutboxOptions options, Position confirmed, Position last, std::uint64_t seed)
    : options_(options),
      retry_(retry_first, retry_longest, seed),
      next_position_(last + 1),
      written_(last),
      confirmed_(confirmed),
      deleted_(confirmed) {}

void OutboxWriter::append(std::vector<Reading> readings, Now now) {
  if (readings.empty()) return;
  if (!oldest_pending_.has_value()) oldest_pending_ = now.monotonic;
  for (Reading& reading : readings) {
    pending_.push_back({next_position_, next_position_, std::move(reading)});
    ++next_position_;
  }
  bound_pending(now.wall);
}

/// While the outbox cannot be written the oldest readings give way to a gap record, which is written with the rest.
void OutboxWriter::bound_pending(WallTime now) {
  while (pending_.size() > options_.max_pending) {
    OutboxEntry oldest = std::move(pending_.front());
    pending_.pop_front();
    OutboxEntry& next = pending_.front();
    if (std::holds_alternative<Reading>(oldest.what)) ++readings_dropped_;
    if (std::holds_alternative<Reading>(next.what)) ++readings_dropped_;
    next = {oldest.first, next.last, DroppedEntries{"outbox_unwritable", now}};
  }
}

bool OutboxWriter::commit_is_due(Instant now) const {
  if (pending_.empty()) return false;
  return stopping_ || pending_.size() >= options_.commit_readings || now >= *oldest_pending_ + options_.commit_age;
}

std::optional<OutboxEntry> OutboxWriter::make_room(StreamRange oldest, WallTime now) const {
  if (depth() <= options_.max_readings) return std::nullopt;
  // A hundredth more than needed, so that a full outbox is not rewritten at each commit.
  const Position wanted = oldest_kept() - 1 + depth() - options_.max_readings + options_.max_readings / 100;
  const Position first = std::max(confirmed_ + 1, oldest.first);
  const Position last = std::min({wanted, oldest.last, written_});
  return OutboxEntry{first, last, DroppedEntries{"outbox_full", now}};
}

std::optional<OutboxWrite> OutboxWriter::next(StreamRange oldest, Now now) {
  if (outstanding_ || (retry_at_.has_value() && now.monotonic < *retry_at_)) return std::nullopt;
  if (confirmed_ > deleted_ && !delete_at_.has_value()) delete_at_ = now.monotonic + delete_after;
  const bool delete_is_due = confirmed_ > deleted_ && (stopping_ || confirmed_ - deleted_ >= delete_after_readings ||
                                                       now.monotonic >= *delete_at_);
  std::optional<OutboxEntry> drop = make_room(oldest, now.wall);
  const bool has_news = !store_to_remember_.empty() || boot_to_remember_.has_value();
  if (!commit_is_due(now.monotonic) && !delete_is_due && !drop.has_value() && !has_news) return std::nullopt;

  OutboxWrite write;
  write.append.assign(std::make_move_iterator(pending_.begin()), std::make_move_iterator(pending_.end()));
  pending_.clear();
  oldest_pending_.reset();
  if (delete_is_due) write.delete_through = confirmed_;
  write.drop = std::move(drop);
  write.known_store = std::exchange(store_to_remember_, {});
  write.boot = std::exchange(boot_to_remember_, {});
  outstanding_ = true;
  return write;
}

std::vector<OutboxEntry> OutboxWriter::done(OutboxWritten written, Now now) {
  outstanding_ = false;
  OutboxWrite& write = written.write;
  if (!written.result) {
    failure_ = written.result.error().message;
    retry_at_ = now.monotonic + retry_.next();
    pending_.insert(pending_.begin(), std::make_move_iterator(write.append.begin()),
                    std::make_move_iterator(write.append.end()));
    if (!pending_.empty()) oldest_pending_ = now.monotonic;
    if (store_to_remember_.empty()) store_to_remember_ = write.known_store;
    if (!boot_to_remember_.has_value()) boot_to_remember_ = write.boot;
    bound_pending(now.wall);
    return {};
  }
  failure_.clear();
  retry_.reset();
  retry_at_.reset();
  if (write.delete_through != 0) {
    deleted_ = std::max(deleted_, write.delete_through);
    delete_at_.reset();
  }
  if (write.drop.has_value()) {
    readings_dropped_ += write.drop->last - std::max(write.drop->first - 1, dropped_);
    dropped_ = std::max(dropped_, write.drop->last);
  }
  if (!write.append.empty()) written_ = write.append.back().last;
  return std::move(write.append);
}

std::optional<Instant> OutboxWriter::wake_at() const {
  if (outstanding_) return std::nullopt;
  std::optional<Instant> at = delete_at_;
  if (oldest_pending_.has_value()) {
    const Instant due = *oldest_pending_ + options_.commit_age;
    at = at.has_value() ? std::min(*at, due) : due;
  }
  if (at.has_value() && retry_at_.has_value()) at = std::max(*at, *retry_at_);
  return at;
}

}  // namespace sensors::publisher

// The part of Sender that keeps the next entries ready: from the outbox, and from memory while it cannot be written.
#include <algorithm>
#include <iterator>
#include <utility>

#include "services/sensor-publisher/logic/sender.hpp"

namespace sensors::publisher {

namespace {

// Entries kept ready in memory; a read from the outbox fetches half of it.
constexpr std::size_t cache_entries = 4'000;
constexpr Millis read_retry{1'000};

}  // namespace

void Sender::durable(std::vector<OutboxEntry> entries, Position through) {
  const bool follows = !entries.empty() && entries.front().first == cached_through() + 1 &&
                       cache_.size() + entries.size() <= cache_entries;
  if (follows)
    cache_.insert(cache_.end(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
  durable_ = std::max(durable_, through);
  window_.synced(through);
}

void Sender::lend(const std::deque<OutboxEntry>& pending) {
  if (pending.empty()) return;
  window_.synced(pending.back().last);
  if (cached_through() < durable_) return;  // what is in the outbox goes first
  auto next = std::partition_point(pending.begin(), pending.end(),
                                   [&](const OutboxEntry& entry) { return entry.last <= cached_through(); });
  for (; next != pending.end() && cache_.size() < cache_entries; ++next) take_entry(*next);
}

/// What was lent, or read while it was in doubt what the outbox has, may have become part of a gap record: the outbox
/// alone says what it holds now.
void Sender::end_lending() {
  cache_.clear();
  window_.only_synced(durable_);
}

/// Adds what `entry` has beyond the cache, in pieces of one stream each.
void Sender::take_entry(OutboxEntry entry) {
  if (entry.last <= cached_through()) return;
  entry.first = std::max(entry.first, cached_through() + 1);
  if (std::holds_alternative<DroppedEntries>(entry.what)) {
    for (Position end = stream_of(entry.first).last; end < entry.last; end = stream_of(entry.first).last) {
      cache_.push_back({entry.first, end, entry.what});
      entry.first = end + 1;
    }
  }
  cache_.push_back(std::move(entry));
}

void Sender::read_done(OutboxReadDone read, Now now, Effects& effects) {
  read_outstanding_ = false;
  if (!read.entries) {
    if (read.entries.error().message != read_failure_)
      effects.push_back(LogLine{LogLevel::error, read.entries.error().message});
    read_failure_ = read.entries.error().message;
    read_again_at_ = now.monotonic + read_retry;
    return;
  }
  read_failure_.clear();
  if (read.first != cached_through() + 1) return;  // we went back, or forward, meanwhile
  for (OutboxEntry& entry : *read.entries) {
    fill_hole(entry.first, now, effects);
    take_entry(std::move(entry));
  }
  if (read.entries->empty()) fill_hole(durable_ + 1, now, effects);
}

/// Rows before `end` that should be in the outbox and are not: a damaged file. They are lost, and the store is told so.
void Sender::fill_hole(Position end, Now now, Effects& effects) {
  if (cached_through() + 1 >= end) return;
  const Position missing = end - 1 - cached_through();
  readings_missing_ += missing;
  effects.push_back(
      LogLine{LogLevel::error, "the outbox has lost " + std::to_string(missing) + " readings; a gap record says so"});
  take_entry({cached_through() + 1, end - 1, DroppedEntries{"outbox_damaged", now.wall}});
}

void Sender::read_ahead(Effects& effects) {
  const bool wanted =
      window_.is_connected() && outbox_open_ && cache_.size() < cache_entries / 2 && cached_through() < durable_;
  if (!wanted || read_outstanding_ || read_again_at_.has_value()) return;
  read_outstanding_ = true;
  effects.push_back(OutboxRead{cached_through() + 1, cache_entries / 2});
}

}  // namespace sensors::publisher

#include "services/sensor-publisher/outbox_join.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "services/sensor-publisher/joined_streams.hpp"
#include "services/sensor-publisher/outbox_rows.hpp"
#include "services/sensor-publisher/schema.hpp"

namespace sensors::publisher {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t entries_in_a_read = 1'000;
constexpr std::uint64_t entries_in_a_transaction = 20'000;

/// What one of the two outboxes has of one stream, in numbers of the stream.
class PartReader {
 public:
  PartReader(Outbox& outbox, const std::optional<StreamPart>& part)
      : outbox_(outbox), part_(part.value_or(StreamPart{})), next_(part_.first) {}

  /// The entry that has `seq` or is the first behind it; null when there is none. `seq` never goes back.
  Result<OutboxEntry*> at(std::uint64_t seq) {
    for (;;) {
      while (at_ < entries_.size() && entries_[at_].last < seq) ++at_;
      if (at_ < entries_.size()) return &entries_[at_];
      if (next_ > part_.last) return nullptr;
      if (Result<void> read = read_on(); !read) return tl::unexpected(read.error());
    }
  }

 private:
  Result<void> read_on() {
    const Position first = part_.base + next_;
    const Position last = part_.base + part_.last;
    Result<std::vector<OutboxEntry>> entries = outbox_.read(first, entries_in_a_read);
    if (!entries) return tl::unexpected(entries.error());
    // Nothing: the rows of so many positions have a wrong checksum, or there are none.
    next_ = entries->empty() ? next_ + entries_in_a_read : entries->back().last + 1 - part_.base;
    entries_ = std::move(*entries);
    std::erase_if(entries_, [&](const OutboxEntry& entry) { return entry.first > last; });
    for (OutboxEntry& entry : entries_) {
      entry.first = std::max(entry.first, first) - part_.base;
      entry.last = std::min(entry.last, last) - part_.base;
    }
    at_ = 0;
    return {};
  }

  Outbox& outbox_;
  const StreamPart part_;
  std::uint64_t next_;  // number to read from
  std::vector<OutboxEntry> entries_;
  std::size_t at_ = 0;
};

class Joining {
 public:
  Joining(Database fresh, OutboxRows rows, Outbox& restored, Outbox& present, Millis limit)
      : fresh_(std::move(fresh)),
        rows_(std::move(rows)),
        restored_(restored),
        present_(present),
        limit_(limit),
        give_up_at_(Clock::now() + limit) {}

  Result<OutboxJoin> run(WallTime now) {
    const JoinedStreams joined = join_streams(restored_.contents(), present_.contents());
    // As in the salvage: a crash throws the new file away.
    Result<void> done = fresh_.execute("PRAGMA journal_mode=OFF");
    if (done) done = fresh_.begin();
    if (done) done = add_streams(joined);
    for (const JoinedStream& stream : joined.streams) {
      if (done) done = add_entries(stream, now);
    }
    if (done) done = fresh_.commit();
    if (done) done = fresh_.execute("PRAGMA journal_mode=WAL");
    if (done) done = fresh_.sync_log();
    if (!done) return tl::unexpected(done.error());
    return join_;
  }

 private:
  Result<void> add_streams(const JoinedStreams& joined) {
    std::int64_t number = 0;
    for (const EndedStream& ended : joined.ended) {
      if (Result<void> done = rows_.add_ended(ended, ++number); !done) return done;
    }
    for (const JoinedStream& stream : joined.streams) {
      if (Result<void> done = rows_.add_stream(stream.stream, ++number); !done) return done;
    }
    const std::string& store = present_.contents().known_store;
    const std::string& known = store.empty() ? restored_.contents().known_store : store;
    return known.empty() ? Result<void>{} : rows_.set_meta("store", known);
  }

  Result<void> add_entries(const JoinedStream& stream, WallTime now) {
    PartReader restored(restored_, stream.restored);
    PartReader present(present_, stream.present);
    for (std::uint64_t seq = stream.stream.skipped + 1; seq <= stream.last;) {
      const Result<OutboxEntry*> in_restored = restored.at(seq);
      if (!in_restored) return tl::unexpected(in_restored.error());
      const Result<OutboxEntry*> in_present = present.at(seq);
      if (!in_present) return tl::unexpected(in_present.error());
      const bool is_restored = *in_restored != nullptr && (*in_restored)->first <= seq;
      OutboxEntry entry = joined_entry(stream, seq, *in_restored, *in_present, now);
      seq = entry.last + 1;
      count(entry, is_restored);
      entry.first += stream.stream.base;
      entry.last += stream.stream.base;
      if (Result<void> done = add(entry); !done) return done;
    }
    return {};
  }

  void count(const OutboxEntry& entry, bool is_restored) {
    if (!std::holds_alternative<Reading>(entry.what)) {
      join_.in_gap_records += entry.last - entry.first + 1;
      return;
    }
    ++join_.readings;
    if (is_restored) ++join_.of_restored;
  }

  Result<void> add(const OutboxEntry& entry) {
    if (Result<void> done = rows_.add(entry); !done) return done;
    if (added_++ % entries_in_a_read == 0 && Clock::now() >= give_up_at_)
      return fail(ErrorCode::timeout, "it took longer than " + std::to_string(limit_.count()) + " ms");
    if (added_ % entries_in_a_transaction != 0) return {};
    if (Result<void> done = fresh_.commit(); !done) return done;
    return fresh_.begin();
  }

  Database fresh_;
  OutboxRows rows_;
  Outbox& restored_;
  Outbox& present_;
  OutboxJoin join_;
  const Millis limit_;
  const Clock::time_point give_up_at_;
  std::uint64_t added_ = 0;
};

Result<OutboxJoin> fill_joined(const std::string& path, Outbox& restored, Outbox& present, Millis limit, WallTime now) {
  Database::Options options;
  options.application_id = outbox_application_id;
  options.checks_names = false;
  Result<Database> fresh = Database::open(replacement_of(path), outbox_migrations(), options);
  if (!fresh) return tl::unexpected(fresh.error());
  Result<OutboxRows> rows = OutboxRows::prepare(*fresh);
  if (!rows) return tl::unexpected(rows.error());
  return Joining(std::move(*fresh), std::move(*rows), restored, present, limit).run(now);
}

}  // namespace

Result<OutboxJoin> join_outboxes(const std::string& path, Outbox& restored, Outbox& present, Millis limit,
                                 WallTime now) {
  Result<OutboxJoin> joined = fill_joined(path, restored, present, limit, now);
  if (!joined) static_cast<void>(finish_replacement(path, now));  // deletes it: the outbox is still there
  return joined;
}

}  // namespace sensors::publisher

#include "services/sensor-publisher/outbox/outbox_join.hpp"

#include <algorithm>
#include <utility>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "services/sensor-publisher/logic/joined_streams.hpp"
#include "services/sensor-publisher/outbox/outbox_rows.hpp"
#include "services/sensor-publisher/outbox/schema.hpp"

namespace sensors::publisher {

namespace {

constexpr std::size_t entries_in_a_read = 1'000;
constexpr std::uint64_t entries_in_a_transaction = 20'000;

/// What one of the two outboxes has of one stream, in numbers of the stream.
class PartReader {
 public:
  PartReader(Outbox& outbox, const std::optional<StreamPart>& part, const std::function<bool()>& is_too_late)
      : outbox_(outbox), part_(part.value_or(StreamPart{})), next_(part_.first), is_too_late_(is_too_late) {}

  /// The entry that has `seq` or is the first behind it; null when there is none. `seq` never goes back.
  Result<OutboxEntry*> at(std::uint64_t seq) {
    for (;;) {
      while (at_ < entries_.size() && entries_[at_].last < seq) ++at_;
      if (at_ < entries_.size()) return &entries_[at_];
      if (next_ > part_.last) return nullptr;
      TRY(read_on());
    }
  }

 private:
  Result<void> read_on() {
    if (is_too_late_()) return fail(ErrorCode::timeout, "the join took too long");
    const Position first = part_.base + next_;
    const Position last = part_.base + part_.last;
    TRY_ASSIGN(std::vector<OutboxEntry> entries, outbox_.read(first, entries_in_a_read));
    // Nothing: the rows of so many positions have a wrong checksum, or there are none.
    next_ = entries.empty() ? next_ + entries_in_a_read : entries.back().last + 1 - part_.base;
    entries_ = std::move(entries);
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
  const std::function<bool()>& is_too_late_;
  std::vector<OutboxEntry> entries_;
  std::size_t at_ = 0;
};

class Joining {
 public:
  Joining(Database fresh, OutboxRows rows, Outbox& restored, Outbox& present, const std::function<bool()>& is_too_late)
      : fresh_(std::move(fresh)),
        rows_(std::move(rows)),
        restored_(restored),
        present_(present),
        is_too_late_(is_too_late) {}

  tl::expected<OutboxJoin, OutboxJoinFailure> run(WallTime now) {
    const Result<void> done = fill(join_streams(restored_.contents(), present_.contents()), now);
    if (!done) return tl::unexpected(OutboxJoinFailure{done.error(), unread_ == &restored_, unread_ == &present_});
    return join_;
  }

 private:
  Result<void> fill(const JoinedStreams& joined, WallTime now) {
    // As in the salvage: a crash throws the new file away.
    TRY(fresh_.execute("PRAGMA journal_mode=OFF"));
    TRY(fresh_.begin());
    TRY(add_streams(joined));
    for (const JoinedStream& stream : joined.streams) {
      TRY(add_entries(stream, now));
    }
    TRY(fresh_.commit());
    TRY(fresh_.execute("PRAGMA journal_mode=WAL"));
    return fresh_.sync_log();
  }

  Result<void> add_streams(const JoinedStreams& joined) {
    std::int64_t number = 0;
    for (const EndedStream& ended : joined.ended) {
      TRY(rows_.add_ended(ended, ++number));
    }
    for (const JoinedStream& stream : joined.streams) {
      TRY(rows_.add_stream(stream.stream, ++number));
    }
    TRY(rows_.set_meta("calibrations", present_.contents().calibrations));
    const std::string& store = present_.contents().known_store;
    const std::string& known = store.empty() ? restored_.contents().known_store : store;
    return known.empty() ? Result<void>{} : rows_.set_meta("store", known);
  }

  Result<void> add_entries(const JoinedStream& stream, WallTime now) {
    PartReader restored(restored_, stream.restored, is_too_late_);
    PartReader present(present_, stream.present, is_too_late_);
    for (std::uint64_t seq = stream.stream.skipped + 1; seq <= stream.last;) {
      const Result<OutboxEntry*> in_restored = restored.at(seq);
      if (!in_restored) return unread(restored_, in_restored.error());
      const Result<OutboxEntry*> in_present = present.at(seq);
      if (!in_present) return unread(present_, in_present.error());
      auto [entry, is_of_restored] = joined_entry(stream, seq, *in_restored, *in_present, now);
      seq = entry.last + 1;
      count(entry, is_of_restored);
      entry.first += stream.stream.base;
      entry.last += stream.stream.base;
      TRY(add(entry));
    }
    return {};
  }

  tl::unexpected<Error> unread(const Outbox& outbox, const Error& error) {
    unread_ = &outbox;
    return tl::unexpected<Error>(error);
  }

  void count(const OutboxEntry& entry, bool is_of_restored) {
    if (!std::holds_alternative<Reading>(entry.what)) {
      join_.in_gap_records += entry.last - entry.first + 1;
      return;
    }
    ++join_.readings;
    if (is_of_restored) ++join_.of_restored;
  }

  Result<void> add(const OutboxEntry& entry) {
    TRY(rows_.add(entry));
    if (++added_ % entries_in_a_transaction != 0) return {};
    TRY(fresh_.commit());
    return fresh_.begin();
  }

  Database fresh_;
  OutboxRows rows_;
  Outbox& restored_;
  Outbox& present_;
  OutboxJoin join_;
  const std::function<bool()>& is_too_late_;
  const Outbox* unread_ = nullptr;  // the one whose reading failed
  std::uint64_t added_ = 0;
};

tl::expected<OutboxJoin, OutboxJoinFailure> fill_joined(const std::string& path, Outbox& restored, Outbox& present,
                                                        const std::function<bool()>& is_too_late, WallTime now) {
  Database::Options options;
  options.application_id = outbox_application_id;
  options.checks_names = false;
  Result<Database> fresh = Database::open(replacement_of(path), outbox_migrations(), options);
  if (!fresh) return tl::unexpected(OutboxJoinFailure{fresh.error()});
  Result<OutboxRows> rows = OutboxRows::prepare(*fresh);
  if (!rows) return tl::unexpected(OutboxJoinFailure{rows.error()});
  return Joining(std::move(*fresh), std::move(*rows), restored, present, is_too_late).run(now);
}

}  // namespace

tl::expected<OutboxJoin, OutboxJoinFailure> join_outboxes(const std::string& path, Outbox& restored, Outbox& present,
                                                          const std::function<bool()>& is_too_late, WallTime now) {
  tl::expected<OutboxJoin, OutboxJoinFailure> joined = fill_joined(path, restored, present, is_too_late, now);
  if (!joined) static_cast<void>(finish_replacement(path, now));  // deletes it: the outbox is still there
  return joined;
}

}  // namespace sensors::publisher

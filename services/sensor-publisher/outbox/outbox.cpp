#include "services/sensor-publisher/outbox/outbox.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "common/adapters/sqlite/quick_check.hpp"
#include "common/runtime/random_id.hpp"
#include "services/sensor-publisher/outbox/schema.hpp"

namespace sensors::publisher {

namespace {

using Meta = std::map<std::string, std::string>;

tl::unexpected<Error> damaged(Database& database, const std::string& table) {
  return fail(ErrorCode::corrupt, database.path() + ": a row of table " + table + " has the wrong checksum");
}

Result<std::int64_t> single_integer(Database& database, std::string_view sql) {
  Result<Statement> statement = database.prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  const Result<Statement::Step> step = statement->step();
  if (!step) return tl::unexpected(step.error());
  return *step == Statement::Step::row ? statement->integer(0) : std::int64_t{0};
}

Result<Meta> read_meta(Database& database) {
  Result<Statement> statement = database.prepare("SELECT key, value, checksum FROM meta");
  if (!statement) return tl::unexpected(statement.error());
  Meta meta;
  Result<Statement::Step> step = statement->step();
  for (; step && *step == Statement::Step::row; step = statement->step()) {
    std::optional<std::pair<std::string, std::string>> entry = meta_in(*statement, 0);
    if (!entry.has_value()) return damaged(database, "meta");
    meta.insert(std::move(*entry));
  }
  if (!step) return tl::unexpected(step.error());
  return meta;
}

using NumberedStreams = std::vector<std::pair<std::int64_t, OutboxStream>>;

Result<NumberedStreams> read_streams(Database& database) {
  Result<Statement> statement =
      database.prepare("SELECT number, " + std::string(stream_columns) + " FROM stream ORDER BY number");
  if (!statement) return tl::unexpected(statement.error());
  NumberedStreams streams;
  Result<Statement::Step> step = statement->step();
  for (; step && *step == Statement::Step::row; step = statement->step()) {
    std::optional<OutboxStream> stream = stream_in(*statement, 1, statement->integer(0));
    if (!stream.has_value()) return damaged(database, "stream");
    streams.emplace_back(statement->integer(0), std::move(*stream));
  }
  if (!step) return tl::unexpected(step.error());
  return streams;
}

Result<void> forget_stream(Database& database, std::int64_t number) {
  return database.execute("DELETE FROM stream WHERE number = " + std::to_string(number) +
                          "; DELETE FROM meta WHERE key IN('" + meta_key_of_stream(number) + "', '" +
                          meta_key_of_node(number) + "')");
}

/// Those whose rows have a wrong checksum are left out: they are worth no salvage.
Result<std::vector<EndedStream>> read_ended(Database& database) {
  Result<Statement> statement =
      database.prepare("SELECT number, " + std::string(ended_columns) + " FROM ended ORDER BY number");
  if (!statement) return tl::unexpected(statement.error());
  std::vector<EndedStream> streams;
  Result<Statement::Step> step = statement->step();
  for (; step && *step == Statement::Step::row; step = statement->step()) {
    std::optional<EndedStream> stream = ended_in(*statement, 1, statement->integer(0));
    if (stream.has_value()) streams.push_back(std::move(*stream));
  }
  if (!step) return tl::unexpected(step.error());
  return streams;
}

/// The stream `number` is confirmed up to where the next one starts. The oldest ended one gives way to it.
Result<void> end_stream(Database& database, OutboxRows& rows, const OutboxStream& stream, std::int64_t number,
                        Position next_start) {
  if (Result<void> done = forget_stream(database, number); !done) return done;
  const EndedStream ended{stream.id, stream.node, stream.seq_at(next_start)};
  if (ended.last == 0) return {};
  if (Result<void> done = rows.add_ended(ended, number); !done) return done;
  return database.execute(
      "DELETE FROM ended WHERE number IN (SELECT number FROM ended ORDER BY number DESC LIMIT -1"
      " OFFSET " +
      std::to_string(max_ended_streams) + ")");
}

/// Puts the stream of this run behind what there is, and ends those that are confirmed to their end. Of those, `unused`
/// had no readings.
Result<void> arrange_streams(Database& database, OutboxRows& rows, NumberedStreams& streams, OutboxStream ours,
                             bool is_settled, Position last, Position confirmed, std::vector<EndedStream>& unused) {
  const auto is_ours = [&](const auto& numbered) { return numbered.second.id == ours.id; };
  const auto found = std::find_if(streams.begin(), streams.end(), is_ours);
  if (found == streams.end() || !is_settled) {
    if (found != streams.end()) {  // of an attempt that did not come to its end
      if (Result<void> done = forget_stream(database, found->first); !done) return done;
      streams.erase(found);
    }
    if (!is_settled) ours.base = last - ours.skipped;
    Result<std::int64_t> ended = single_integer(database, "SELECT coalesce(max(number), 0) FROM ended");
    if (!ended) return tl::unexpected(ended.error());
    const std::int64_t number = std::max(streams.empty() ? 0 : streams.back().first, *ended) + 1;
    if (Result<void> done = rows.add_stream(ours, number); !done) return done;
    streams.emplace_back(number, std::move(ours));
  }
  while (streams.size() > 1 && streams[1].second.start() <= confirmed) {
    const auto& [number, stream] = streams.front();
    if (Result<void> done = end_stream(database, rows, stream, number, streams[1].second.start()); !done) return done;
    if (stream.seq_at(streams[1].second.start()) == 0) unused.push_back({stream.id, stream.node});
    streams.erase(streams.begin());
  }
  return {};
}

constexpr std::string_view last_position =
    "SELECT max(coalesce((SELECT max(position) FROM reading), 0), coalesce((SELECT max(last) FROM gap), 0))";

/// The number of a stream whose two copies differ; 0 if there is none. A log that lies beside an earlier outbox puts
/// newer pages between its older ones: rows of the newer run would go out as the older run's.
std::int64_t stream_of_two_minds(const Meta& meta, const NumberedStreams& streams) {
  const std::string prefix = meta_key_of_stream(0).substr(0, meta_key_of_stream(0).size() - 1);
  std::map<std::int64_t, std::string> copies;
  for (auto copy = meta.lower_bound(prefix); copy != meta.end() && copy->first.starts_with(prefix); ++copy)
    copies[static_cast<std::int64_t>(to_position(std::string_view(copy->first).substr(prefix.size())))] = copy->second;
  for (const auto& [number, stream] : streams) {
    if (copies[number] != text_of(stream)) return number;
    copies.erase(number);
  }
  return copies.empty() ? 0 : copies.begin()->first;
}

/// Begins the stream of this run and says what there is.
Result<OutboxContents> begin_stream(Database& database, OutboxRows& rows, const OutboxContents& known, bool is_settled,
                                    ThinnedMark& thinned) {
  Result<Meta> meta = read_meta(database);
  Result<NumberedStreams> streams = read_streams(database);
  Result<std::int64_t> last = single_integer(database, last_position);
  for (const Error* error :
       {meta ? nullptr : &meta.error(), streams ? nullptr : &streams.error(), last ? nullptr : &last.error()}) {
    if (error != nullptr) return tl::unexpected(*error);
  }
  if (const std::int64_t number = stream_of_two_minds(*meta, *streams); number != 0) {
    return fail(ErrorCode::corrupt, database.path() + ": has parts of two outboxes: stream " + std::to_string(number) +
                                        " is not what its copy says; was an earlier outbox put in its place, and the "
                                        "log beside it (-wal) left?");
  }
  OutboxContents contents;
  contents.known_store = (*meta)["store"];
  contents.confirmed = to_position((*meta)["confirmed"]);
  contents.last = std::max(static_cast<Position>(*last), contents.confirmed);
  for (const auto& [number, stream] : *streams) {
    if (stream.id != known.streams.back().id) contents.last = std::max(contents.last, stream.start());
  }
  for (auto& [number, stream] : *streams) {
    if (const auto node = meta->find(meta_key_of_node(number)); node != meta->end()) stream.node = node->second;
  }
  thinned = mark_of_text((*meta)["thinned"]);
  std::vector<EndedStream> unused;
  if (Result<void> done = arrange_streams(database, rows, *streams, known.streams.back(), is_settled, contents.last,
                                          contents.confirmed, unused);
      !done) {
    return tl::unexpected(done.error());
  }
  for (auto& [number, stream] : *streams) contents.streams.push_back(std::move(stream));
  Result<std::vector<EndedStream>> ended = read_ended(database);
  if (!ended) return tl::unexpected(ended.error());
  contents.ended = std::move(*ended);
  contents.ended.insert(contents.ended.end(), unused.begin(), unused.end());
  return contents;
}

}  // namespace

std::string random_stream_id() { return random_id(); }

Outbox::Outbox(Database database, OutboxRows rows, Statement select_readings, Statement select_gaps)
    : database_(std::move(database)),
      rows_(std::move(rows)),
      select_readings_(std::move(select_readings)),
      select_gaps_(std::move(select_gaps)) {}

Result<Outbox> Outbox::open(const std::string& path, const std::string& new_stream, const std::string& boot,
                            const std::string& node) {
  OutboxContents known;
  known.streams.push_back({new_stream, 0, boot});
  known.streams.back().node = node;
  return open(path, known, false);
}

Result<Outbox> Outbox::open(const std::string& path, const OutboxContents& known, bool is_settled) {
  Database::Options options;
  options.application_id = outbox_application_id;
  Result<Database> database = Database::open(path, outbox_migrations(), options);
  if (!database) return tl::unexpected(database.error());
  Result<OutboxRows> rows = OutboxRows::prepare(*database);
  if (!rows) return tl::unexpected(rows.error());

  ThinnedMark thinned;
  if (Result<void> begun = database->begin(); !begun) return tl::unexpected(begun.error());
  Result<OutboxContents> contents = begin_stream(*database, *rows, known, is_settled, thinned);
  if (!contents) return tl::unexpected(contents.error());
  if (Result<void> committed = database->commit(); !committed) return tl::unexpected(committed.error());

  Result<Statement> readings =
      database->prepare("SELECT position, name, unit, " + std::string(reading_columns) +
                        " FROM reading LEFT JOIN sensor ON sensor.id = reading.sensor WHERE position >= ?1"
                        " ORDER BY position LIMIT ?2");
  if (!readings) return tl::unexpected(readings.error());
  Result<Statement> gaps =
      database->prepare("SELECT " + std::string(gap_columns) + " FROM gap WHERE last >= ?1 ORDER BY first LIMIT ?2");
  if (!gaps) return tl::unexpected(gaps.error());
  Outbox outbox(std::move(*database), std::move(*rows), std::move(*readings), std::move(*gaps));
  outbox.contents_ = std::move(*contents);
  outbox.thinned_ = thinned;
  return outbox;
}

Result<void> Outbox::check(Millis limit) { return quick_check(database_, limit); }

Result<void> Outbox::write(const OutboxWrite& write) {
  if (Result<void> begun = database_.begin(); !begun) return begun;
  Result<void> written = write_all(write);
  if (written) written = database_.commit();
  if (!written) {
    database_.rollback();
    rows_.forget_sensors();
    return written;
  }
  if (write.thin.has_value() && write.thin->last > thinned_.through)
    thinned_ = ThinnedMark{write.thin->last, write.thin->time};
  // It comes after the commit and can fail without harm: the space is given back the next time.
  if (write.delete_through != 0 || write.drop.has_value() || write.thin.has_value())
    static_cast<void>(database_.give_back_space());
  return written;
}

Result<void> Outbox::write_all(const OutboxWrite& write) {
  if (write.thin.has_value()) {
    if (Result<void> done = thin(*write.thin); !done) return done;
  }
  if (write.delete_through != 0) {
    const std::string through = std::to_string(write.delete_through);
    const std::string rows =
        "DELETE FROM reading WHERE position <= " + through + "; DELETE FROM gap WHERE last <= " + through;
    if (Result<void> done = database_.execute(rows); !done) return done;
    if (Result<void> done = rows_.set_meta("confirmed", through); !done) return done;
  }
  if (write.drop.has_value()) {
    if (Result<void> done = drop(*write.drop); !done) return done;
  }
  if (!write.known_store.empty()) {
    if (Result<void> done = rows_.set_meta("store", write.known_store); !done) return done;
  }
  if (write.boot.has_value()) {
    if (Result<void> done = remember(*write.boot); !done) return done;
  }
  // Now and then, so that the log always has the page with the copies of the streams: see stream_of_two_minds().
  if (!write.append.empty() && appends_++ % 100 == 0) {
    if (Result<void> done = rows_.set_meta("written", std::to_string(write.append.back().last)); !done) return done;
  }
  for (const OutboxEntry& entry : write.append) {
    // Of readings that a gap record stands for some may be there after all, of a write that failed and was not undone.
    const bool is_gap = std::holds_alternative<DroppedEntries>(entry.what);
    if (Result<void> done = is_gap ? drop(entry) : rows_.add(entry); !done) return done;
  }
  return {};
}

Result<void> Outbox::remember(const BootTime& boot) {
  Result<NumberedStreams> streams = read_streams(database_);
  if (!streams) return tl::unexpected(streams.error());
  for (auto& [number, stream] : *streams) {
    if (stream.boot != boot.boot) continue;
    stream.boot_time = boot.time;
    if (Result<void> done = rows_.add_stream(stream, number); !done) return done;
  }
  return {};
}

Result<void> Outbox::drop(const OutboxEntry& gap) {
  const std::string first = std::to_string(gap.first);
  const std::string last = std::to_string(gap.last);
  const Result<std::vector<OutboxEntry>> touched = gaps_between(gap.first, gap.last);
  if (!touched) return tl::unexpected(touched.error());
  const std::string rows = "DELETE FROM reading WHERE position BETWEEN " + first + " AND " + last +
                           "; DELETE FROM gap WHERE first <= " + last + " AND last >= " + first;
  if (Result<void> done = database_.execute(rows); !done) return done;
  // Gap records that reach into the new one keep what is outside it: no two may overlap.
  for (const OutboxEntry& other : *touched) {
    for (const auto& [begin, end] : {std::pair(other.first, std::min(other.last, gap.first - 1)),
                                     std::pair(std::max(other.first, gap.last + 1), other.last)}) {
      if (begin > end) continue;
      if (Result<void> done = rows_.add({begin, end, other.what}); !done) return done;
    }
  }
  return rows_.add(gap);
}

/// The gap records that have a position of first..last. One with a wrong checksum is not among them, and is lost.
Result<std::vector<OutboxEntry>> Outbox::gaps_between(Position first, Position last) {
  Result<Statement> select = database_.prepare("SELECT " + std::string(gap_columns) +
                                               " FROM gap WHERE first <= ?2 AND last >= ?1 ORDER BY first");
  if (!select) return tl::unexpected(select.error());
  select->bind(1, first).bind(2, last);
  std::vector<OutboxEntry> gaps;
  Result<Statement::Step> step = select->step();
  for (; step && *step == Statement::Step::row; step = select->step()) {
    if (std::optional<OutboxEntry> gap = gap_in(*select, 0); gap.has_value()) gaps.push_back(std::move(*gap));
  }
  if (!step) return tl::unexpected(step.error());
  return gaps;
}

/// Writes the readings that stay anew: half-empty pages would free nothing.
Result<void> Outbox::thin(const ThinnedRange& range) {
  if (range.first > range.last) return {};  // all of it was confirmed or dropped meanwhile
  const std::string rows = "DELETE FROM reading WHERE position BETWEEN " + std::to_string(range.first) + " AND " +
                           std::to_string(range.last);
  if (Result<void> done = database_.execute(rows); !done) return done;
  for (const OutboxEntry& entry : range.keep) {
    if (Result<void> done = rows_.add(entry); !done) return done;
  }
  if (range.last <= thinned_.through) return {};
  return rows_.set_meta("thinned", text_of(ThinnedMark{range.last, range.time}));
}

/// Both tables' rows from `first` on, in order, up to where both are complete. One with a wrong checksum is an entry
/// without a reason.
Result<std::vector<OutboxEntry>> Outbox::select(Position first, std::size_t max_entries) {
  database_.restart_time_limit();
  std::vector<OutboxEntry> entries;
  entries.reserve(max_entries);
  Position complete_through = std::numeric_limits<Position>::max();
  const auto note_end = [&](std::size_t count) {
    if (count >= max_entries && !entries.empty()) complete_through = std::min(complete_through, entries.back().last);
  };
  Statement& readings = select_readings_;
  readings.bind(1, first).bind(2, std::uint64_t{max_entries});
  Result<Statement::Step> step = readings.step();
  for (; step && *step == Statement::Step::row; step = readings.step()) {
    const Position position = readings.unsigned_integer(0);
    std::optional<Reading> reading = reading_in(readings, 3, position, readings.text(1), readings.text(2));
    if (reading.has_value()) {
      entries.push_back({position, position, std::move(*reading)});
    } else {
      entries.push_back({position, position, DroppedEntries{}});
    }
  }
  readings.reset();
  if (!step) return tl::unexpected(step.error());
  note_end(entries.size());
  const std::size_t reading_count = entries.size();
  Statement& gaps = select_gaps_;
  gaps.bind(1, first).bind(2, std::uint64_t{max_entries});
  std::size_t gap_count = 0;
  for (step = gaps.step(); step && *step == Statement::Step::row; step = gaps.step()) {
    ++gap_count;
    if (std::optional<OutboxEntry> gap = gap_in(gaps, 0); gap.has_value()) entries.push_back(std::move(*gap));
  }
  gaps.reset();
  if (!step) return tl::unexpected(step.error());
  note_end(gap_count);
  if (entries.size() > reading_count) {
    std::stable_sort(entries.begin(), entries.end(),
                     [](const OutboxEntry& a, const OutboxEntry& b) { return a.first < b.first; });
    std::erase_if(entries, [&](const OutboxEntry& entry) { return entry.first > complete_through; });
  }
  return entries;
}

Result<std::vector<OutboxEntry>> Outbox::read(Position first, std::size_t max_entries) {
  Result<std::vector<OutboxEntry>> found = select(first, max_entries);
  if (!found) return found;
  std::vector<OutboxEntry> entries;
  entries.reserve(found->size());
  Position next = first;
  bool starts_damaged = false;
  for (OutboxEntry& entry : *found) {
    if (entry.last < next) continue;  // a reading that a gap record covers
    if (entry.first > next && next <= thinned_.through && !starts_damaged) {
      const Position last = std::min(entry.first - 1, thinned_.through);
      entries.push_back({next, last, DroppedEntries{"thinned", thinned_.time}});
      next = last + 1;
    }
    // What follows a hole is read the next time; what precedes the first entry is for the caller to judge.
    const bool is_damaged =
        !std::holds_alternative<Reading>(entry.what) && std::get<DroppedEntries>(entry.what).reason.empty();
    if ((is_damaged || entry.first > next) && !entries.empty()) break;
    if (is_damaged) {
      starts_damaged = true;
      continue;
    }
    starts_damaged = false;
    if (!entries.empty()) entry.first = std::max(entry.first, next);  // of two gap records that overlap
    next = entry.last + 1;
    entries.push_back(std::move(entry));
    if (entries.size() >= max_entries) break;
  }
  return entries;
}

}  // namespace sensors::publisher

#include "services/sensor-publisher/outbox/outbox.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "common/adapters/sqlite/preparing.hpp"
#include "common/adapters/sqlite/quick_check.hpp"
#include "services/sensor-publisher/outbox/outbox_streams.hpp"
#include "services/sensor-publisher/outbox/schema.hpp"

namespace sensors::publisher {

namespace {

/// Those that can be read: what is lost of them is learned again.
std::vector<KnownSensor> read_known_sensors(Database& database) {
  std::vector<KnownSensor> sensors;
  Result<Statement> statement = database.prepare("SELECT " + std::string(known_sensor_columns) + " FROM known_sensor");
  while (statement) {
    const Result<Statement::Step> step = statement->step();
    if (!step || *step != Statement::Step::row) break;
    if (std::optional<KnownSensor> sensor = known_sensor_in(*statement, 0); sensor.has_value())
      sensors.push_back(std::move(*sensor));
  }
  return sensors;
}

}  // namespace

Outbox::Outbox(Database database, OutboxRows rows, Sql sql)
    : database_(std::move(database)), rows_(std::move(rows)), sql_(std::move(sql)) {}

Result<Outbox::Sql> Outbox::prepare(Database& database) {
  Preparing p(database);
  return p.all(Sql{
      .readings = p("SELECT position, name, unit, " + std::string(reading_columns) +
                    " FROM reading LEFT JOIN sensor ON sensor.id = reading.sensor WHERE position >= ?1"
                    " ORDER BY position LIMIT ?2"),
      .gaps = p("SELECT " + std::string(gap_columns) + " FROM gap WHERE last >= ?1 ORDER BY first LIMIT ?2"),
      .touched_gaps =
          p("SELECT " + std::string(gap_columns) + " FROM gap WHERE first <= ?2 AND last >= ?1 ORDER BY first"),
  });
}

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
  TRY_ASSIGN(Database database, Database::open(path, outbox_migrations(), options));
  TRY_ASSIGN(OutboxRows rows, OutboxRows::prepare(database));

  ThinnedMark thinned;
  TRY(database.begin());
  TRY_ASSIGN(OutboxContents contents, begin_stream(database, rows, known, is_settled, thinned));
  TRY(database.commit());
  contents.sensors = read_known_sensors(database);

  TRY_ASSIGN(Sql sql, prepare(database));
  Outbox outbox(std::move(database), std::move(rows), std::move(sql));
  outbox.contents_ = std::move(contents);
  outbox.thinned_ = thinned;
  return outbox;
}

Result<void> Outbox::check(Millis limit) { return quick_check(database_, limit); }

Result<void> Outbox::write(const OutboxWrite& write) {
  TRY(database_.begin());
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
    TRY(thin(*write.thin));
  }
  if (write.delete_through != 0) {
    const std::string through = std::to_string(write.delete_through);
    const std::string rows =
        "DELETE FROM reading WHERE position <= " + through + "; DELETE FROM gap WHERE last <= " + through;
    TRY(database_.execute(rows));
    TRY(rows_.set_meta("confirmed", through));
  }
  if (write.drop.has_value()) {
    TRY(drop(*write.drop));
  }
  if (!write.known_store.empty()) {
    TRY(rows_.set_meta("store", write.known_store));
  }
  if (write.calibrations.has_value()) {
    TRY(rows_.set_meta("calibrations", *write.calibrations));
  }
  if (write.boot.has_value()) {
    TRY(remember(*write.boot));
  }
  TRY(keep(write.sensors));
  // Now and then, so that the log always has the page with the copies of the streams: see stream_of_two_minds().
  if (!write.append.empty() && appends_++ % 100 == 0) {
    TRY(rows_.set_meta("written", std::to_string(write.append.back().last)));
  }
  for (const OutboxEntry& entry : write.append) {
    // Of readings that a gap record stands for some may be there after all, of a write that failed and was not undone.
    const bool is_gap = std::holds_alternative<DroppedEntries>(entry.what);
    TRY(is_gap ? drop(entry) : rows_.add(entry));
  }
  return {};
}

Result<void> Outbox::remember(const BootTime& boot) {
  TRY_ASSIGN(NumberedStreams streams, read_streams(database_));
  for (auto& [number, stream] : streams) {
    if (stream.boot != boot.boot) continue;
    stream.boot_time = boot.time;
    TRY(rows_.add_stream(stream, number));
  }
  return {};
}

Result<void> Outbox::keep(const KnownSensorChanges& sensors) {
  for (const KnownSensor& forgotten : sensors.forgotten) {
    TRY(rows_.forget_sensor(forgotten.sensor));
  }
  for (const KnownSensor& kept : sensors.kept) {
    TRY(rows_.keep_sensor(kept));
  }
  return {};
}

Result<void> Outbox::drop(const OutboxEntry& gap) {
  const std::string first = std::to_string(gap.first);
  const std::string last = std::to_string(gap.last);
  TRY_ASSIGN(const std::vector<OutboxEntry> touched, gaps_between(gap.first, gap.last));
  const std::string rows = "DELETE FROM reading WHERE position BETWEEN " + first + " AND " + last +
                           "; DELETE FROM gap WHERE first <= " + last + " AND last >= " + first;
  TRY(database_.execute(rows));
  // Gap records that reach into the new one keep what is outside it: no two may overlap.
  for (const OutboxEntry& other : touched) {
    for (const auto& [begin, end] : {std::pair(other.first, std::min(other.last, gap.first - 1)),
                                     std::pair(std::max(other.first, gap.last + 1), other.last)}) {
      if (begin > end) continue;
      TRY(rows_.add({begin, end, other.what}));
    }
  }
  return rows_.add(gap);
}

/// The gap records that have a position of first..last. One with a wrong checksum is not among them, and is lost.
Result<std::vector<OutboxEntry>> Outbox::gaps_between(Position first, Position last) {
  Statement& select = sql_.touched_gaps;
  select.bind(1, first).bind(2, last);
  std::vector<OutboxEntry> gaps;
  Result<Statement::Step> step = select.step();
  for (; step && *step == Statement::Step::row; step = select.step()) {
    if (std::optional<OutboxEntry> gap = gap_in(select, 0); gap.has_value()) gaps.push_back(std::move(*gap));
  }
  select.reset();
  TRY(step);
  return gaps;
}

/// Writes the readings that stay anew: half-empty pages would free nothing.
Result<void> Outbox::thin(const ThinnedRange& range) {
  if (range.first > range.last) return {};  // all of it was confirmed or dropped meanwhile
  const std::string rows = "DELETE FROM reading WHERE position BETWEEN " + std::to_string(range.first) + " AND " +
                           std::to_string(range.last);
  TRY(database_.execute(rows));
  for (const OutboxEntry& entry : range.keep) {
    TRY(rows_.add(entry));
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
  Statement& readings = sql_.readings;
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
  TRY(step);
  note_end(entries.size());
  const std::size_t reading_count = entries.size();
  Statement& gaps = sql_.gaps;
  gaps.bind(1, first).bind(2, std::uint64_t{max_entries});
  std::size_t gap_count = 0;
  for (step = gaps.step(); step && *step == Statement::Step::row; step = gaps.step()) {
    ++gap_count;
    if (std::optional<OutboxEntry> gap = gap_in(gaps, 0); gap.has_value()) entries.push_back(std::move(*gap));
  }
  gaps.reset();
  TRY(step);
  note_end(gap_count);
  if (entries.size() > reading_count) {
    std::stable_sort(entries.begin(), entries.end(),
                     [](const OutboxEntry& a, const OutboxEntry& b) { return a.first < b.first; });
    std::erase_if(entries, [&](const OutboxEntry& entry) { return entry.first > complete_through; });
  }
  return entries;
}

Result<std::vector<OutboxEntry>> Outbox::read(Position first, std::size_t max_entries) {
  TRY_ASSIGN(std::vector<OutboxEntry> found, select(first, max_entries));
  std::vector<OutboxEntry> entries;
  entries.reserve(found.size());
  Position next = first;
  bool starts_damaged = false;
  for (OutboxEntry& entry : found) {
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

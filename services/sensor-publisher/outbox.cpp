#include "services/sensor-publisher/outbox.hpp"

#include <algorithm>
#include <charconv>
#include <random>
#include <string_view>
#include <utility>

#include "services/sensor-publisher/schema.hpp"

namespace sensors::publisher {

namespace {

constexpr std::size_t max_cached_sensors = 10'000;

Result<std::int64_t> single_integer(Database& database, std::string_view sql) {
  Result<Statement> statement = database.prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  const Result<Statement::Step> step = statement->step();
  if (!step) return tl::unexpected(step.error());
  return *step == Statement::Step::row ? statement->integer(0) : std::int64_t{0};
}

Result<std::string> meta_value(Database& database, std::string_view key) {
  Result<Statement> statement = database.prepare("SELECT value FROM meta WHERE key = ?1");
  if (!statement) return tl::unexpected(statement.error());
  const Result<Statement::Step> step = statement->bind(1, key).step();
  if (!step) return tl::unexpected(step.error());
  return *step == Statement::Step::row ? statement->text(0) : std::string();
}

Position to_position(std::string_view text) {
  Position position = 0;
  std::from_chars(text.data(), text.data() + text.size(), position);
  return position;
}

void bind_value(Statement& statement, int parameter, const Value& value) {
  if (const double* number = std::get_if<double>(&value); number != nullptr) {
    statement.bind(parameter, *number);
  } else if (const bool* boolean = std::get_if<bool>(&value); boolean != nullptr) {
    statement.bind(parameter, std::int64_t{*boolean});
  } else {
    statement.bind(parameter, std::string_view(std::get<std::string>(value)));
  }
}

Value value_of(const Statement& statement, int column) {
  switch (statement.type(column)) {
    case Statement::integer_type: return statement.integer(column) != 0;
    case Statement::text_type: return statement.text(column);
    default: return statement.real(column);
  }
}

std::int64_t to_ms(WallTime time) { return time.time_since_epoch().count(); }

/// Begins the stream of this run, forgets those that are confirmed to their end, and says what there is.
Result<OutboxContents> begin_stream(Database& database, const std::string& new_stream, const std::string& boot) {
  OutboxContents contents;
  Result<std::string> store = meta_value(database, "store");
  Result<std::string> confirmed = meta_value(database, "confirmed");
  Result<std::int64_t> last = single_integer(
      database,
      "SELECT max(coalesce((SELECT max(position) FROM reading), 0), coalesce((SELECT max(last) FROM gap), 0),"
      " coalesce((SELECT max(base) FROM stream), 0))");
  for (const Error* error :
       {store ? nullptr : &store.error(), confirmed ? nullptr : &confirmed.error(), last ? nullptr : &last.error()}) {
    if (error != nullptr) return tl::unexpected(*error);
  }
  contents.known_store = *store;
  contents.confirmed = to_position(*confirmed);
  contents.last = std::max(static_cast<Position>(*last), contents.confirmed);

  Result<Statement> insert = database.prepare("INSERT INTO stream(id, base, boot) VALUES(?1, ?2, ?3)");
  if (!insert) return tl::unexpected(insert.error());
  insert->bind(1, new_stream).bind(2, static_cast<std::int64_t>(contents.last)).bind(3, boot);
  if (Result<void> done = insert->run(); !done) return tl::unexpected(done.error());
  const std::string forget =
      "DELETE FROM stream WHERE (SELECT min(next.base) FROM stream AS next WHERE next.number > stream.number) <= " +
      std::to_string(contents.confirmed);
  if (Result<void> done = database.execute(forget); !done) return tl::unexpected(done.error());

  Result<Statement> streams = database.prepare("SELECT id, base, boot, boot_time_ms FROM stream ORDER BY number");
  if (!streams) return tl::unexpected(streams.error());
  Result<Statement::Step> step = streams->step();
  for (; step && *step == Statement::Step::row; step = streams->step()) {
    contents.streams.push_back({streams->text(0), static_cast<Position>(streams->integer(1)), streams->text(2)});
    if (!streams->is_null(3)) contents.streams.back().boot_time = WallTime{Millis{streams->integer(3)}};
  }
  if (!step) return tl::unexpected(step.error());
  return contents;
}

}  // namespace

std::string random_stream_id() {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::random_device kernel;
  std::string id(12, ' ');
  for (char& character : id) character = alphabet[kernel() % alphabet.size()];
  return id;
}

Outbox::Outbox(Database database, Statements statements)
    : database_(std::move(database)), statements_(std::move(statements)) {}

Result<Outbox> Outbox::open(const std::string& path, const std::string& new_stream, const std::string& boot) {
  Database::Options options;
  options.application_id = outbox_application_id;
  Result<Database> database = Database::open(path, outbox_migrations(), options);
  if (!database) return tl::unexpected(database.error());
  if (Result<void> begun = database->begin(); !begun) return tl::unexpected(begun.error());
  Result<OutboxContents> contents = begin_stream(*database, new_stream, boot);
  if (!contents) return tl::unexpected(contents.error());
  if (Result<void> committed = database->commit(); !committed) return tl::unexpected(committed.error());

  constexpr std::string_view texts[] = {
      "INSERT INTO reading(position, sensor, time_ms, value, uptime_ms) VALUES(?1, ?2, ?3, ?4, ?5)",
      "INSERT OR REPLACE INTO gap(first, last, reason, time_ms) VALUES(?1, ?2, ?3, ?4)",
      "INSERT INTO sensor(name, unit) VALUES(?1, ?2) RETURNING id",
      "SELECT id FROM sensor WHERE name = ?1 AND unit = ?2",
      "INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
      "UPDATE stream SET boot_time_ms = ?2 WHERE boot = ?1",
      "SELECT position, name, unit, time_ms, value, uptime_ms FROM reading JOIN sensor ON sensor.id = reading.sensor"
      " WHERE position >= ?1 ORDER BY position LIMIT ?2",
      "SELECT first, last, reason, time_ms FROM gap WHERE last >= ?1 ORDER BY first LIMIT ?2",
  };
  std::vector<Statement> prepared;
  for (const std::string_view text : texts) {
    Result<Statement> statement = database->prepare(text);
    if (!statement) return tl::unexpected(statement.error());
    prepared.push_back(std::move(*statement));
  }
  Statements statements{std::move(prepared[0]), std::move(prepared[1]), std::move(prepared[2]), std::move(prepared[3]),
                        std::move(prepared[4]), std::move(prepared[5]), std::move(prepared[6]), std::move(prepared[7])};
  Outbox outbox(std::move(*database), std::move(statements));
  outbox.contents_ = std::move(*contents);
  return outbox;
}

Result<void> Outbox::write(const OutboxWrite& write) {
  if (Result<void> begun = database_.begin(); !begun) return begun;
  Result<void> written = write_all(write);
  if (written) written = database_.commit();
  if (!written) {
    database_.rollback();
    sensor_ids_.clear();  // ids of rows that were rolled back
  }
  return written;
}

Result<void> Outbox::write_all(const OutboxWrite& write) {
  if (write.delete_through != 0) {
    const std::string through = std::to_string(write.delete_through);
    const std::string rows =
        "DELETE FROM reading WHERE position <= " + through + "; DELETE FROM gap WHERE last <= " + through;
    if (Result<void> done = database_.execute(rows); !done) return done;
    if (Result<void> done = set_meta("confirmed", through); !done) return done;
  }
  if (write.drop.has_value()) {
    if (Result<void> done = drop(*write.drop); !done) return done;
  }
  if (!write.known_store.empty()) {
    if (Result<void> done = set_meta("store", write.known_store); !done) return done;
  }
  if (write.boot.has_value()) {
    Statement& set = statements_.set_boot_time;
    set.bind(1, std::string_view(write.boot->boot)).bind(2, to_ms(write.boot->time));
    if (Result<void> done = set.run(); !done) return done;
  }
  for (const OutboxEntry& entry : write.append) {
    if (Result<void> done = append(entry); !done) return done;
  }
  return {};
}

Result<void> Outbox::drop(const OutboxEntry& gap) {
  const std::string first = std::to_string(gap.first);
  const std::string last = std::to_string(gap.last);
  // Gap records that reach into the new one keep what is outside it: no two may overlap.
  const std::string rows = "DELETE FROM reading WHERE position BETWEEN " + first + " AND " + last +
                           "; DELETE FROM gap WHERE first >= " + first + " AND last <= " + last +
                           "; UPDATE gap SET first = " + last + " + 1 WHERE first BETWEEN " + first + " AND " + last +
                           "; UPDATE gap SET last = " + first + " - 1 WHERE first < " + first + " AND last BETWEEN " +
                           first + " AND " + last;
  if (Result<void> done = database_.execute(rows); !done) return done;
  return append(gap);
}

Result<void> Outbox::append(const OutboxEntry& entry) {
  if (const DroppedEntries* dropped = std::get_if<DroppedEntries>(&entry.what); dropped != nullptr) {
    return statements_.insert_gap.bind(1, static_cast<std::int64_t>(entry.first))
        .bind(2, static_cast<std::int64_t>(entry.last))
        .bind(3, std::string_view(dropped->reason))
        .bind(4, to_ms(dropped->time))
        .run();
  }
  const Reading& reading = std::get<Reading>(entry.what);
  const Result<std::int64_t> sensor = sensor_id(reading);
  if (!sensor) return tl::unexpected(sensor.error());
  Statement& insert = statements_.insert_reading;
  insert.bind(1, static_cast<std::int64_t>(entry.first)).bind(2, *sensor).bind(3, to_ms(reading.time));
  bind_value(insert, 4, reading.value);
  reading.uptime.has_value() ? insert.bind(5, reading.uptime->count()) : insert.bind_null(5);
  return insert.run();
}

Result<std::int64_t> Outbox::sensor_id(const Reading& reading) {
  const auto key = std::pair(reading.sensor, reading.unit);
  if (const auto known = sensor_ids_.find(key); known != sensor_ids_.end()) return known->second;
  for (Statement* statement : {&statements_.find_sensor, &statements_.insert_sensor}) {
    const Result<Statement::Step> step =
        statement->bind(1, std::string_view(reading.sensor)).bind(2, std::string_view(reading.unit)).step();
    const bool found = step && *step == Statement::Step::row;
    const std::int64_t id = found ? statement->integer(0) : 0;
    statement->reset();
    if (!step) return tl::unexpected(step.error());
    if (found) {
      if (sensor_ids_.size() >= max_cached_sensors) sensor_ids_.clear();
      sensor_ids_.emplace(key, id);
      return id;
    }
  }
  return fail(ErrorCode::corrupt, "outbox: table sensor takes no row for " + reading.sensor);
}

Result<void> Outbox::set_meta(std::string_view key, std::string_view value) {
  return statements_.set_meta.bind(1, key).bind(2, value).run();
}

Result<std::vector<OutboxEntry>> Outbox::read(Position first, std::size_t max_entries) {
  std::vector<OutboxEntry> entries;
  entries.reserve(max_entries);
  Statement& readings = statements_.select_readings;
  readings.bind(1, static_cast<std::int64_t>(first)).bind(2, static_cast<std::int64_t>(max_entries));
  Result<Statement::Step> step = readings.step();
  for (; step && *step == Statement::Step::row; step = readings.step()) {
    const auto position = static_cast<Position>(readings.integer(0));
    Reading reading{readings.text(1), value_of(readings, 4), readings.text(2), WallTime{Millis{readings.integer(3)}}};
    if (!readings.is_null(5)) reading.uptime = Millis{readings.integer(5)};
    entries.push_back({position, position, std::move(reading)});
  }
  readings.reset();
  if (!step) return tl::unexpected(step.error());

  const std::size_t reading_count = entries.size();
  Statement& gaps = statements_.select_gaps;
  gaps.bind(1, static_cast<std::int64_t>(first)).bind(2, static_cast<std::int64_t>(max_entries));
  for (step = gaps.step(); step && *step == Statement::Step::row; step = gaps.step()) {
    entries.push_back({static_cast<Position>(gaps.integer(0)), static_cast<Position>(gaps.integer(1)),
                       DroppedEntries{gaps.text(2), WallTime{Millis{gaps.integer(3)}}}});
  }
  gaps.reset();
  if (!step) return tl::unexpected(step.error());
  if (entries.size() > reading_count) {
    std::stable_sort(entries.begin(), entries.end(),
                     [](const OutboxEntry& a, const OutboxEntry& b) { return a.first < b.first; });
  }
  // Both lists were cut at max_entries: what follows the first hole is read the next time.
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (entries[i].first != entries[i - 1].last + 1) {
      entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(i), entries.end());
    }
  }
  return entries;
}

}  // namespace sensors::publisher

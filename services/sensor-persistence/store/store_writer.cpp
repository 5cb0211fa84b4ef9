#include "services/sensor-persistence/store/store_writer.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "common/adapters/sqlite/disk_figures.hpp"
#include "common/adapters/sqlite/preparing.hpp"
#include "common/adapters/sqlite/quick_check.hpp"
#include "common/adapters/sqlite/storage_of_file.hpp"
#include "common/runtime/random_id.hpp"
#include "services/sensor-persistence/store/schema.hpp"

namespace sensors::persistence {
namespace {

constexpr WallTime no_time_limit = WallTime::max();

StreamState stream_of(const Statement& statement) {
  return StreamState{statement.text(0), statement.text(1), statement.text(2), statement.unsigned_integer(3),
                     statement.unsigned_integer(4)};
}

}  // namespace

StoreWriter::StoreWriter(Database database, Sql sql, StoreRows rows)
    : database_(std::move(database)), sql_(std::move(sql)), rows_(std::move(rows)) {}

Result<std::unique_ptr<StoreWriter>> StoreWriter::open(const StoreOptions& options, Millis check_limit) {
  Database::Options how;
  how.cache_kib = options.cache_kib;
  how.application_id = store_application_id;
  TRY_ASSIGN(Database database, Database::open(options.path, store_migrations(), how));
  TRY(check(database, check_limit));
  TRY_ASSIGN(const std::string store, adopt_id(database));
  TRY_ASSIGN(Sql sql, prepare(database));
  TRY_ASSIGN(StoreRows rows, StoreRows::prepare(database));
  std::unique_ptr<StoreWriter> writer(new StoreWriter(std::move(database), std::move(sql), std::move(rows)));
  TRY(writer->start(options, store));
  return writer;
}

Result<StoreWriter::Sql> StoreWriter::prepare(Database& database) {
  Preparing p(database);
  return p.all(Sql{
      .last_id = p("SELECT last_id FROM store"),
      .honest_time = p("SELECT honest_ms FROM store"),
      .set_last_id = p("UPDATE store SET last_id = ?1, honest_ms = CASE WHEN ?2 > 0 THEN ?2 ELSE honest_ms END"),
      .probe = p("UPDATE store SET probes = probes + 1"),
      .streams =
          p("SELECT name, node, publisher, id, through FROM (SELECT * FROM stream ORDER BY moved_at DESC LIMIT ?1) "
            "ORDER BY moved_at"),
      .stream = p("SELECT name, node, publisher, id, through FROM stream WHERE name = ?1"),
      .newest_gaps = p("SELECT t.node, g.reason, g.last - g.first + 1, g.time_ms"
                       " FROM (SELECT * FROM gap ORDER BY id DESC LIMIT 1000) g CROSS JOIN stream t ON t.id = g.stream"
                       " ORDER BY g.id"),
      .window =
          p("SELECT count(*), max(id) FROM (SELECT id FROM reading WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3)"),
      .present = p("SELECT EXISTS(SELECT 1 FROM reading WHERE id > ?1 AND id <= ?2 AND uptime_ms IS NULL"
                   " AND time_ms BETWEEN ?3 AND ?4)"),
      .delete_readings =
          p("DELETE FROM reading WHERE id > ?1 AND id <= ?2 AND time_ms < ?3 AND (uptime_ms IS NULL OR ?4)"),
      // A gap record's time may be of a clock that was not set: it stays until the readings before it are gone.
      .delete_gaps = p("DELETE FROM gap WHERE id > ?1 AND id <= ?2 AND time_ms < ?3"
                       " AND (?4 OR id < coalesce((SELECT min(id) FROM reading), id + 1))"),
      // Of the bridge, each write with a key is a stream (docs/adr/0011): the key is forgotten with the last of its
      // rows. Other streams stay: those of sensor-publisher for outboxes that come back late, and that of a run of the
      // bridge for the run may go on.
      .delete_streams =
          p("DELETE FROM stream WHERE publisher = 'sensor-http-bridge' AND name GLOB 'k-*' AND moved_at <= ?1"
            " AND NOT EXISTS(SELECT 1 FROM reading WHERE reading.stream = stream.id)"
            " AND id NOT IN (SELECT gap.stream FROM gap)"),
      .sensors = p("SELECT node, name, publisher, interval_ms, last_ms, silent FROM known_sensor"),
      .keep_sensor = p("INSERT INTO known_sensor(node, name, publisher, interval_ms, last_ms, silent)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(node, name) DO UPDATE SET publisher = ?3,"
                       " interval_ms = ?4, last_ms = ?5, silent = ?6"),
      .forget_sensor = p("DELETE FROM known_sensor WHERE node = ?1 AND name = ?2"),
  });
}

Result<void> StoreWriter::check(Database& database, Millis limit) {
  Result<void> done = quick_check(database, limit);
  if (!done.has_value() && done.error().code != ErrorCode::timeout) return done;
  database.restart_time_limit();
  // What a killed process had written may be in the log and not on the disk. Another program that reads the database
  // may keep the log from being emptied: then it is synced with the next checkpoint.
  done = database.sync_log();
  if (!done.has_value() && done.error().code != ErrorCode::timeout) return done;
  TRY_ASSIGN(Statement heads,
             database.prepare(
                 "SELECT last_id, (SELECT max(id) FROM reading), (SELECT max(id) FROM gap), (SELECT max(max(cursor, "
                 "batch_last)) FROM destination) FROM store"));
  TRY_ASSIGN(const bool row, has_row(heads));
  for (int column = 1; row && column <= 3; ++column) {
    if (heads.integer(column) <= heads.integer(0)) continue;
    return fail(ErrorCode::corrupt, database.path() + ": says that its last id is " + std::to_string(heads.integer(0)) +
                                        ", and has " + std::to_string(heads.integer(column)));
  }
  return {};
}

/// The store's id; a new store gets a random one.
Result<std::string> StoreWriter::adopt_id(Database& database) {
  struct Sql {
    Statement add;
    Statement find;
  };
  Preparing p(database);
  Result<Sql> sql = p.all(Sql{
      .add = p("INSERT INTO store(only, id, last_id) VALUES(1, ?1, 0) ON CONFLICT(only) DO NOTHING"),
      .find = p("SELECT id FROM store"),
  });
  TRY(sql);
  const std::string id = random_id();
  TRY(sql->add.bind(1, std::string_view(id)).run());
  TRY_ASSIGN(std::ignore, has_row(sql->find));
  return sql->find.text(0);
}

Result<void> StoreWriter::start(const StoreOptions& options, const std::string& store) {
  store_ = store;
  TRY_ASSIGN(StoreBatches batches, StoreBatches::prepare(database_, store));
  batches_ = std::make_unique<StoreBatches>(std::move(batches));
  TRY_ASSIGN(StoreClocks clocks, StoreClocks::prepare(database_));
  clocks_ = std::make_unique<StoreClocks>(std::move(clocks));
  TRY_ASSIGN(StoreDeadLetters dead_letters, StoreDeadLetters::prepare(database_, options.destinations));
  dead_letters_ = std::make_unique<StoreDeadLetters>(std::move(dead_letters));
  TRY_ASSIGN(const std::int64_t last_id, integer_of(sql_.last_id));
  last_id_ = static_cast<std::uint64_t>(last_id);
  return batches_->add_destinations(options.destinations, last_id_);
}

Result<StoreContents> StoreWriter::contents(std::size_t max_streams) {
  StoreContents contents;
  contents.store = store_;
  contents.last_id = last_id_;
  Statement& streams = sql_.streams;
  streams.bind(1, std::uint64_t{max_streams});
  Result<bool> row = has_row(streams);
  for (; row.has_value() && *row; row = has_row(streams)) contents.streams.push_back(stream_of(streams));
  streams.reset();
  TRY(row);
  TRY_ASSIGN(contents.destinations, batches_->destinations());
  TRY_ASSIGN(contents.dead_letters, dead_letters_->count());
  TRY_ASSIGN(contents.used_bytes, database_.used_bytes());
  TRY_ASSIGN(contents.boots, clocks_->waiting());
  TRY_ASSIGN(const std::int64_t honest_time, integer_of(sql_.honest_time));
  contents.honest_time = WallTime(Millis(honest_time));
  contents.sensors = known_sensors();
  TRY_ASSIGN(contents.newest_gaps, newest_gaps());
  return contents;
}

Result<std::vector<GapSeen>> StoreWriter::newest_gaps() {
  std::vector<GapSeen> gaps;
  Statement& found = sql_.newest_gaps;
  Result<bool> row = has_row(found);
  for (; row.has_value() && *row; row = has_row(found))
    gaps.push_back({found.text(0), found.text(1), found.unsigned_integer(2), WallTime(Millis(found.integer(3)))});
  found.reset();
  TRY(row);
  return gaps;
}

Result<CommitReport> StoreWriter::commit(const CommitTransaction& transaction) {
  TRY(database_.begin());
  Result<CommitReport> report = apply(transaction);
  if (report.has_value()) {
    if (const Result<void> done = database_.commit(); !done.has_value()) report = tl::unexpected<Error>(done.error());
  }
  if (!report.has_value()) {
    database_.rollback();
    rows_.forget();
    return report;
  }
  last_id_ = report->last_id;
  // Both come after the commit and can fail without harm: the figures are then those of the next time.
  if (transaction.retention.has_value()) static_cast<void>(database_.give_back_space());
  report->used_bytes = database_.used_bytes().value_or(0);
  return report;
}

Result<CommitReport> StoreWriter::apply(const CommitTransaction& transaction) {
  CommitReport report;
  report.last_id = last_id_;
  TRY(check_last_id());
  TRY(write_rows(transaction, report));
  TRY(keep_clocks(transaction, report));
  TRY(settle_uploads(transaction, report));
  if (report.last_id != last_id_ || !transaction.streams.empty()) {
    TRY(sql_.set_last_id.bind(1, report.last_id).bind(2, transaction.honest_time).run());
  }
  for (const std::string& destination : transaction.withdrawals) {
    TRY(batches_->withdraw(destination));
  }
  TRY(keep(transaction.sensors));
  TRY(hand_out(transaction, report));
  if (transaction.retention.has_value()) {
    TRY_ASSIGN(report.retention, retain(*transaction.retention));
  }
  return report;
}

/// Another program can put another content into the file, sqlite3's .restore for one: who goes on from what is in
/// memory leaves a hole behind it.
Result<void> StoreWriter::check_last_id() {
  TRY_ASSIGN(const std::int64_t last_id, integer_of(sql_.last_id));
  if (static_cast<std::uint64_t>(last_id) == last_id_) return {};
  return fail(
      ErrorCode::io,
      fmt::format("{}: another program put other rows into it while it is in use: its last id is {}, and was {}",
                  database_.path(), last_id, last_id_));
}

Result<void> StoreWriter::write_rows(const CommitTransaction& transaction, CommitReport& report) {
  for (const StreamRows& rows : transaction.streams) {
    TRY(add_rows(rows, report));
  }
  if (transaction.probe) return sql_.probe.run();
  return {};
}

/// Readings that carry their uptime get their times when it is known when their boot began; else they wait for that.
Result<void> StoreWriter::add_rows(const StreamRows& rows, CommitReport& report) {
  if (rows.boot.empty()) return rows_.add(rows, std::nullopt, report.last_id);
  TRY_ASSIGN(const std::optional<WallTime> began, clocks_->began({rows.node, rows.publisher, rows.boot}));
  TRY(rows_.add(rows, began, report.last_id));
  if (!began.has_value()) return clocks_->hold(rows);
  report.stamped += static_cast<std::size_t>(std::count_if(
      rows.readings.begin(), rows.readings.end(), [](const auto& row) { return row.reading.uptime.has_value(); }));
  return {};
}

Result<void> StoreWriter::keep_clocks(const CommitTransaction& transaction, CommitReport& report) {
  for (const BootLearned& learned : transaction.boot_times) {
    TRY(clocks_->learn(learned));
  }
  for (const BootKey& boot : transaction.released) {
    TRY_ASSIGN(const bool released, clocks_->release(boot));
    report.released += released ? 1 : 0;
  }
  if (!transaction.restamp.has_value()) return {};
  TRY_ASSIGN(report.restamp, clocks_->restamp(*transaction.restamp));
  return {};
}

// ---- known sensors ----

/// Those that can be read and make sense: what is lost of them is learned again.
std::vector<KnownSensor> StoreWriter::known_sensors() {
  std::vector<KnownSensor> known;
  Statement& row = sql_.sensors;
  for (Result<bool> found = has_row(row); found.has_value() && *found; found = has_row(row)) {
    KnownSensor sensor{row.text(0),      row.text(1),        row.text(2), Millis{row.integer(3)},
                       row.wall_time(4), row.integer(5) != 0};
    if (is_name(sensor.node) && is_name(sensor.sensor) && is_name(sensor.source)) known.push_back(std::move(sensor));
  }
  row.reset();
  return known;
}

Result<void> StoreWriter::keep(const KnownSensorChanges& sensors) {
  for (const KnownSensor& forgotten : sensors.forgotten) {
    sql_.forget_sensor.bind(1, std::string_view(forgotten.node)).bind(2, std::string_view(forgotten.sensor));
    TRY(sql_.forget_sensor.run());
  }
  for (const KnownSensor& kept : sensors.kept) {
    Statement& row = sql_.keep_sensor;
    row.bind(1, std::string_view(kept.node)).bind(2, std::string_view(kept.sensor));
    row.bind(3, std::string_view(kept.source)).bind(4, std::int64_t{kept.interval.count()}).bind(5, kept.last);
    TRY(row.bind(6, std::int64_t{kept.silent ? 1 : 0}).run());
  }
  return {};
}

// ---- uploads ----

Result<void> StoreWriter::settle_uploads(const CommitTransaction& transaction, CommitReport& report) {
  DeadLetterReport dead_letters;
  bool has_rejected = false;
  for (const Confirmation& confirmation : transaction.confirmations) {
    TRY_ASSIGN(const bool confirmed, batches_->confirm(confirmation));
    if (!confirmed) continue;
    has_rejected = has_rejected || !confirmation.rejected.empty();
    TRY(dead_letters_->settle(confirmation, transaction.time, dead_letters));
  }
  for (const DeadLetterChange& change : transaction.dead_letter_changes) {
    TRY(dead_letters_->change(change, report.last_id, dead_letters));
  }
  if (!has_rejected && transaction.dead_letter_changes.empty()) return {};
  TRY(dead_letters_->trim(transaction.max_dead_letters, dead_letters));
  report.dead_letters = std::move(dead_letters);
  return {};
}

Result<void> StoreWriter::hand_out(const CommitTransaction& transaction, CommitReport& report) {
  for (const HandOut& request : transaction.hand_outs) {
    TRY_ASSIGN(UploadBatch batch, hand_out(request, report.last_id));
    report.handed_out.push_back(HandedOut{request.call, std::move(batch)});
  }
  return {};
}

/// Up to the first row that waits for its time. Those behind it wait with it, in the order of ids.
Result<UploadBatch> StoreWriter::hand_out(const HandOut& request, std::uint64_t last_id) {
  TRY_ASSIGN(const std::uint64_t after_id, batches_->given_through(request.destination));
  TRY_ASSIGN(const std::uint64_t held, clocks_->first_held(after_id));
  const std::uint64_t up_to = held != 0 ? held - 1 : last_id;
  Result<UploadBatch> batch = batches_->hand_out(request, up_to, *dead_letters_);
  if (batch.has_value()) batch->remaining += last_id - up_to;
  return batch;
}

// ---- retention ----

Result<RetentionReport> StoreWriter::retain(const RetentionStep& step) {
  RetentionReport report;
  Statement& window = sql_.window;
  window.bind(1, step.after_id).bind(2, step.up_to_id).bind(3, std::uint64_t{step.max_rows});
  TRY_ASSIGN(std::ignore, has_row(window));
  report.reached_end = window.unsigned_integer(0) < step.max_rows;
  report.next_after_id = report.reached_end ? step.up_to_id : window.unsigned_integer(1);
  window.reset();
  TRY(delete_rows(step, report.next_after_id, report));
  return report;
}

Result<void> StoreWriter::delete_rows(const RetentionStep& step, std::uint64_t through, RetentionReport& report) {
  const WallTime older_than = step.older_than.value_or(no_time_limit);
  for (Statement* const deletion : {&sql_.delete_readings, &sql_.delete_gaps}) {
    Statement& statement = *deletion;
    statement.bind(1, step.after_id).bind(2, through).bind(3, older_than);
    statement.bind(4, std::int64_t{step.older_than.has_value() ? 0 : 1});
    TRY(statement.run());
    report.deleted += static_cast<std::size_t>(database_.changes());
  }
  if (report.deleted > 0) {
    Statement& streams = sql_.delete_streams;
    TRY(streams.bind(1, through).run());
  }
  Statement& present = sql_.present;
  present.bind(1, step.after_id).bind(2, through).bind(3, older_than).bind(4, step.future);
  TRY_ASSIGN(const std::int64_t found, integer_of(present));
  report.found_present = found != 0;
  return {};
}

// ---- reading ----

Result<std::int64_t> StoreWriter::integer_of(Statement& statement) {
  const Result<bool> row = has_row(statement);
  const std::int64_t value = row.has_value() && *row ? statement.integer(0) : 0;
  statement.reset();
  TRY(row);
  return value;
}

Result<StreamState> StoreWriter::load_stream(const std::string& name) {
  Statement& statement = sql_.stream;
  statement.bind(1, std::string_view(name));
  const Result<bool> row = has_row(statement);
  StreamState state;
  state.name = name;
  if (row.has_value() && *row) state = stream_of(statement);
  statement.reset();
  TRY(row);
  return state;
}

Result<StoreFigures> StoreWriter::measure() {
  TRY(database_.check_names());
  StoreFigures measured;
  TRY_ASSIGN(measured.used_bytes, database_.used_bytes());
  measured.disk = measure_disk(database_.path());
  measured.disk.risk = risk_of_file(database_.path());
  return measured;
}

}  // namespace sensors::persistence

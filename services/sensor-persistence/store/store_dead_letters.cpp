#include "services/sensor-persistence/store/store_dead_letters.hpp"

#include <algorithm>
#include <limits>

#include "common/adapters/sqlite/preparing.hpp"
#include "services/sensor-persistence/store/store_batches.hpp"
#include "services/sensor-persistence/store/store_rows.hpp"

namespace sensors::persistence {
namespace {

enum Column : int {  // as in the schema
  id_column,
  destination_column,
  node_column,
  stream_column,
  seq_column,
  gap_last_column,
  sensor_column,
  unit_column,
  time_column,
  uptime_column,
  value_column,
  status_column,
  reason_column,
  refused_column,
  refusals_column,
  queue_id_column
};

constexpr std::int64_t latest_ms = 253'402'300'799'999;  // the end of the year 9999

/// Names have nothing in them that JSON would escape.
std::string json_array_of(const std::vector<std::string>& names) {
  std::string array;
  for (const std::string& name : names) array += (array.empty() ? "\"" : ",\"") + name + '"';
  return '[' + array + ']';
}

}  // namespace

DeadLetter dead_letter_of(const Statement& row) {
  DeadLetter letter;
  letter.id = row.unsigned_integer(id_column);
  letter.destination = row.text(destination_column);
  letter.status = static_cast<int>(row.integer(status_column));
  letter.reason = row.text(reason_column);
  letter.refused = row.wall_time(refused_column);
  letter.refusals = row.unsigned_integer(refusals_column);
  letter.waits = !row.is_null(queue_id_column);
  const std::uint64_t queue_id = letter.waits ? row.unsigned_integer(queue_id_column) : 0;
  const std::uint64_t seq = row.unsigned_integer(seq_column);
  const WallTime time = row.wall_time(time_column);
  if (row.is_null(gap_last_column)) {
    Reading reading{row.text(sensor_column), row.value(value_column), row.text(unit_column), time};
    if (!row.is_null(uptime_column)) reading.uptime = Millis(row.integer(uptime_column));
    letter.row = StoredReading{queue_id, row.text(node_column), row.text(stream_column), {seq, reading}};
  } else {
    const Gap gap{seq, row.unsigned_integer(gap_last_column), row.text(value_column), time};
    letter.row = StoredGap{queue_id, row.text(node_column), row.text(stream_column), gap};
  }
  return letter;
}

// The refusals are of a letter that waited again, a reading, and a gap record. Their parameters: destination, stream,
// seq, status, reason, time, first and last id of the range.
Result<StoreDeadLetters> StoreDeadLetters::prepare(Database& database, const std::vector<std::string>& configured) {
  Preparing p(database);
  Result<Sql> sql = p.all(Sql{
      .refusals = {p("UPDATE dead_letter SET queue_id = NULL, status = ?4, reason = ?5, refused_ms = ?6, refusals = "
                     "refusals + 1"
                     " WHERE destination = ?1 AND stream = ?2 AND seq = ?3 AND queue_id BETWEEN ?7 AND ?8"),
                   p("INSERT INTO dead_letter(destination, node, stream, seq, sensor, unit, time_ms, uptime_ms, value,"
                     " status, reason, refused_ms, refusals)"
                     " SELECT ?1, t.node, t.name, r.seq, n.name, n.unit, r.time_ms, r.uptime_ms, r.value, ?4, ?5, ?6, 1"
                     " FROM stream t CROSS JOIN reading r ON r.stream = t.id AND r.seq = ?3 CROSS JOIN sensor n ON "
                     "n.id = r.sensor"
                     " WHERE t.name = ?2 AND r.id BETWEEN ?7 AND ?8"
                     " ON CONFLICT DO UPDATE SET queue_id = NULL, status = ?4, reason = ?5, refused_ms = ?6,"
                     " refusals = refusals + 1"),
                   p("INSERT INTO dead_letter(destination, node, stream, seq, gap_last, sensor, unit, time_ms, value,"
                     " status, reason, refused_ms, refusals)"
                     " SELECT ?1, t.node, t.name, g.first, g.last, '', '', g.time_ms, g.reason, ?4, ?5, ?6, 1"
                     " FROM gap g CROSS JOIN stream t ON t.id = g.stream"
                     " WHERE g.id BETWEEN ?7 AND ?8 AND g.first = ?3 AND t.name = ?2"
                     " ON CONFLICT DO UPDATE SET queue_id = NULL, status = ?4, reason = ?5, refused_ms = ?6,"
                     " refusals = refusals + 1")},
      .newest = p("SELECT * FROM dead_letter WHERE destination = ?1 AND stream = ?2 AND seq = ?3"),
      .delivered = p("DELETE FROM dead_letter WHERE destination = ?1 AND queue_id BETWEEN ?2 AND ?3"),
      .give_up_waiting = p("UPDATE dead_letter SET queue_id = NULL WHERE queue_id IS NOT NULL"
                           " AND destination NOT IN (SELECT value FROM json_each(?1))"),
      .requeue_one = p("UPDATE dead_letter SET queue_id = ?3 WHERE id = ?2 AND (?1 = '' OR destination = ?1)"
                       " AND queue_id IS NULL AND destination IN (SELECT value FROM json_each(?4))"),
      .requeue_all = p("UPDATE dead_letter SET queue_id = ?2 + dead.place FROM"
                       " (SELECT id, row_number() OVER (ORDER BY id) AS place FROM dead_letter"
                       "  WHERE (?1 = '' OR destination = ?1) AND queue_id IS NULL"
                       "  AND destination IN (SELECT value FROM json_each(?3))) AS dead"
                       " WHERE dead_letter.id = dead.id"),
      .stamp_letters =
          p("UPDATE dead_letter SET time_ms = min(b.time_ms + dead_letter.uptime_ms, ?2), uptime_ms = NULL"
            " FROM stream s JOIN boot b ON b.id = s.boot"
            " WHERE dead_letter.queue_id > ?1 AND dead_letter.uptime_ms IS NOT NULL AND s.name = dead_letter.stream"
            " AND b.time_ms IS NOT NULL"),
      .purge_one = p("DELETE FROM dead_letter WHERE id = ?2 AND (?1 = '' OR destination = ?1) AND queue_id IS NULL"),
      .purge_all = p("DELETE FROM dead_letter WHERE (?1 = '' OR destination = ?1) AND queue_id IS NULL"),
      .count = p("SELECT destination, count(*) FROM dead_letter WHERE queue_id IS NULL GROUP BY destination"),
      .trim_letters = p("DELETE FROM dead_letter WHERE id IN (SELECT id FROM dead_letter WHERE queue_id IS NULL"
                        " ORDER BY id LIMIT ?1)"),
      .waiting_letters = p(
          "SELECT * FROM dead_letter WHERE queue_id BETWEEN ?2 AND ?3 AND destination = ?1 ORDER BY queue_id LIMIT ?4"),
  });
  TRY(sql);
  std::string names = json_array_of(configured);
  TRY(sql->give_up_waiting.bind(1, std::string_view(names)).run());
  return StoreDeadLetters(database, std::move(*sql), std::move(names));
}

Result<void> StoreDeadLetters::settle(const Confirmation& confirmation, WallTime now, DeadLetterReport& report) {
  const RejectedRow* newest = nullptr;
  for (const RejectedRow& rejected : confirmation.rejected) {
    TRY_ASSIGN(const std::uint64_t refused, refuse(confirmation, rejected, now));
    report.added += refused;
    report.unknown += refused == 0 ? 1 : 0;
    if (refused > 0) newest = &rejected;
  }
  if (newest != nullptr) {
    TRY(note_newest(confirmation.destination, newest->row, report));
  }
  Statement& delivered = sql_.delivered;
  delivered.bind(1, std::string_view(confirmation.destination)).bind(2, confirmation.first);
  return delivered.bind(3, confirmation.last).run();
}

/// 1 when the row was found in the range: as one that waited again, as a reading, or as a gap record.
Result<std::uint64_t> StoreDeadLetters::refuse(const Confirmation& confirmation, const RejectedRow& rejected,
                                               WallTime now) {
  Result<std::uint64_t> changed{0};
  for (Statement& statement : sql_.refusals) {
    statement.bind(1, std::string_view(confirmation.destination)).bind(2, std::string_view(rejected.row.stream));
    statement.bind(3, rejected.row.seq).bind(4, std::int64_t{rejected.status});
    statement.bind(5, std::string_view(rejected.reason)).bind(6, now);
    statement.bind(7, confirmation.first).bind(8, confirmation.last);
    changed = run(statement);
    if (!changed.has_value() || *changed > 0) break;
  }
  return changed;
}

Result<void> StoreDeadLetters::note_newest(const std::string& destination, const RowName& name,
                                           DeadLetterReport& report) {
  Statement& statement = sql_.newest;
  statement.bind(1, std::string_view(destination)).bind(2, std::string_view(name.stream));
  statement.bind(3, name.seq);
  const Result<bool> row = has_row(statement);
  if (row.has_value() && *row) report.newest = dead_letter_of(statement);
  statement.reset();
  TRY(row);
  return {};
}

/// Rows that it changed.
Result<std::uint64_t> StoreDeadLetters::run(Statement& statement) {
  TRY(statement.run());
  return static_cast<std::uint64_t>(database_->changes());
}

Result<void> StoreDeadLetters::change(const DeadLetterChange& change, std::uint64_t& last_id,
                                      DeadLetterReport& report) {
  const DeadLettersRequest& request = change.request;
  const bool is_requeue = request.action == DeadLettersRequest::Action::requeue;
  DeadLetterReport::Changed changed{change.call, 0};
  const std::uint64_t last_before = last_id;
  if (request.all) {
    Statement& statement = is_requeue ? sql_.requeue_all : sql_.purge_all;
    statement.bind(1, std::string_view(request.destination));
    if (is_requeue) statement.bind(2, last_id).bind(3, std::string_view(configured_));
    TRY_ASSIGN(const std::uint64_t rows, run(statement));
    changed.letters = rows;
    if (is_requeue) last_id += rows;
  }
  for (const std::uint64_t id : request.ids) {
    Statement& statement = is_requeue ? sql_.requeue_one : sql_.purge_one;
    statement.bind(1, std::string_view(request.destination)).bind(2, id);
    if (is_requeue) statement.bind(3, last_id + 1).bind(4, std::string_view(configured_));
    TRY_ASSIGN(const std::uint64_t rows, run(statement));
    changed.letters += rows;
    if (is_requeue) last_id += rows;
  }
  report.changed.push_back(changed);
  if (last_id == last_before) return {};
  return sql_.stamp_letters.bind(1, last_before).bind(2, latest_ms).run();
}

Result<void> StoreDeadLetters::trim(std::size_t most, DeadLetterReport& report) {
  TRY_ASSIGN(report.left, count());
  const std::uint64_t held = total(report.left);
  if (held <= most) return {};
  TRY_ASSIGN(const std::uint64_t dropped, run(sql_.trim_letters.bind(1, held - most)));
  report.dropped += dropped;
  TRY_ASSIGN(report.left, count());
  return {};
}

Result<std::vector<StoredRow>> StoreDeadLetters::waiting(const std::string& destination, std::uint64_t first,
                                                         std::uint64_t last, std::size_t most) {
  std::vector<StoredRow> found;
  Statement& statement = sql_.waiting_letters;
  statement.bind(1, std::string_view(destination)).bind(2, first).bind(3, last);
  statement.bind(4, static_cast<std::int64_t>(std::min<std::size_t>(most, std::numeric_limits<std::int32_t>::max())));
  Result<bool> row = has_row(statement);
  for (; row.has_value() && *row; row = has_row(statement)) found.push_back(dead_letter_of(statement).row);
  statement.reset();
  TRY(row);
  return found;
}

Result<DeadLetterCounts> StoreDeadLetters::count() {
  DeadLetterCounts counts;
  Statement& statement = sql_.count;
  Result<bool> row = has_row(statement);
  for (; row.has_value() && *row; row = has_row(statement))
    counts.emplace(statement.text(0), statement.unsigned_integer(1));
  statement.reset();
  TRY(row);
  return counts;
}

}  // namespace sensors::persistence

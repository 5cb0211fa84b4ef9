#include "services/sensor-persistence/store/store_reader.hpp"

#include <algorithm>
#include <limits>

#include "common/adapters/sqlite/preparing.hpp"
#include "services/sensor-persistence/store/answer_size.hpp"
#include "services/sensor-persistence/store/schema.hpp"
#include "services/sensor-persistence/store/store_batches.hpp"
#include "services/sensor-persistence/store/store_dead_letters.hpp"
#include "services/sensor-persistence/store/store_rows.hpp"

namespace sensors::persistence {
namespace {

std::int64_t milliseconds_of(const std::optional<WallTime>& time, std::int64_t otherwise) {
  return time.has_value() ? time->time_since_epoch().count() : otherwise;
}

/// Keeps the first `most` in the order of the answer.
void sort_and_trim(std::vector<StoredReading>& rows, bool newest_first, std::size_t most) {
  std::sort(rows.begin(), rows.end(), [newest_first](const StoredReading& a, const StoredReading& b) {
    const auto key = [](const StoredReading& row) { return std::pair(row.reading.reading.time, row.id); };
    return newest_first ? key(b) < key(a) : key(a) < key(b);
  });
  rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), most)), rows.end());
}

/// What is asked of each sensor first, and `request` only where it finds nothing of it: what says to be of `future` or
/// later is the newest only where there is no other. Nothing: `request` at once.
std::optional<QueryRequest> without_future(const QueryRequest& request, std::optional<WallTime> future) {
  const bool is_for_newest = request.latest || (request.newest_first && !request.to.has_value());
  if (!is_for_newest || !future.has_value() || (request.to.has_value() && *request.to <= *future)) return std::nullopt;
  QueryRequest present = request;
  present.to = future;
  return present;
}

}  // namespace

StoreReader::StoreReader(Database database, Sql sql, BucketQuery buckets)
    : database_(std::move(database)), sql_(std::move(sql)), buckets_(std::move(buckets)) {}

Result<std::unique_ptr<StoreReader>> StoreReader::open(const std::string& path, const std::atomic<bool>& stopping,
                                                       Millis open_limit) {
  Database::Options how;
  how.time_limit = open_limit;
  how.read_only = true;
  how.cache_kib = 512;
  how.application_id = store_application_id;
  TRY_ASSIGN(Database database, Database::open(path, store_migrations(), how));
  Preparing p(database);
  Result<Sql> sql = p.all(Sql{
      .sensors = p("SELECT id, node, name, unit FROM sensor WHERE (?1 = '' OR node = ?1) AND (?2 = '' OR name = ?2)"),
      .oldest_first = p("SELECT r.id, t.node, t.name, r.seq, r.time_ms, r.value, r.uptime_ms"
                        " FROM reading r CROSS JOIN stream t ON t.id = r.stream"
                        " WHERE r.sensor = ?1 AND r.time_ms >= ?2 AND r.time_ms < ?3 AND (r.time_ms > ?5 OR r.id > ?6)"
                        " ORDER BY r.time_ms, r.id LIMIT ?4"),
      .newest_first = p("SELECT r.id, t.node, t.name, r.seq, r.time_ms, r.value, r.uptime_ms"
                        " FROM reading r CROSS JOIN stream t ON t.id = r.stream"
                        " WHERE r.sensor = ?1 AND r.time_ms >= ?2 AND r.time_ms < ?3 AND (r.time_ms < ?5 OR r.id < ?6)"
                        " ORDER BY r.time_ms DESC, r.id DESC LIMIT ?4"),
      .dead_letters =
          p("SELECT * FROM dead_letter WHERE id > ?1 AND (?2 = '' OR destination = ?2) ORDER BY id LIMIT ?3"),
  });
  TRY(sql);
  TRY_ASSIGN(BucketQuery buckets, BucketQuery::prepare(database));
  std::unique_ptr<StoreReader> reader(new StoreReader(std::move(database), std::move(*sql), std::move(buckets)));
  reader->database_.stop_when([&stopping] { return stopping.load(); });
  return reader;
}

Result<QueryRows> StoreReader::query(const QueryRequest& request, Millis time_limit, std::optional<WallTime> future) {
  database_.limit_time(time_limit);
  Result<QueryRows> rows = collect(request, future);
  if (!rows.has_value() && rows.error().code == ErrorCode::timeout) {
    return fail(ErrorCode::timeout, "the query took longer than " + std::to_string(time_limit.count()) +
                                        " ms; name a sensor, a shorter time or a smaller limit");
  }
  return rows;
}

Result<DeadLetterRows> StoreReader::dead_letters(const DeadLettersRequest& request, Millis time_limit) {
  database_.limit_time(time_limit);
  DeadLetterRows found;
  Statement& statement = sql_.dead_letters;
  statement.bind(1, request.after).bind(2, std::string_view(request.destination));
  statement.bind(3, std::uint64_t{request.limit + 1});  // one more shows that there are more
  Result<bool> row = has_row(statement);
  for (; row.has_value() && *row; row = has_row(statement)) {
    found.truncated = found.letters.size() == request.limit;
    if (!found.truncated) found.letters.push_back(dead_letter_of(statement));
  }
  statement.reset();
  TRY(row);
  return found;
}

Result<QueryRows> StoreReader::collect(const QueryRequest& request, std::optional<WallTime> future) {
  TRY_ASSIGN(const std::vector<SensorRow> found, sensors(request));
  const std::optional<QueryRequest> present = without_future(request, future);
  if (request.step > Millis{0}) return buckets_.run(request, present, found);
  const std::size_t most = request.limit + 1;  // one more shows that there are more
  const bool newest_first = request.latest || request.newest_first;
  QueryRows answer;
  answer.is_latest = request.latest;
  std::vector<StoredReading>& rows = answer.readings;
  for (const SensorRow& sensor : found) {
    const std::size_t before = rows.size();
    Result<void> read = read_sensor(sensor, present.value_or(request), request.latest ? 1 : most, rows);
    if (read.has_value() && present.has_value() && rows.size() == before)
      read = read_sensor(sensor, request, request.latest ? 1 : most, rows);
    TRY(read);
    if (rows.size() > 4 * most) sort_and_trim(rows, newest_first, most);
  }
  sort_and_trim(rows, newest_first, most);
  answer.truncated = cut_to_answer(rows, request.limit, request.latest ? rhythm_bytes : 0);
  if (answer.truncated && !request.latest) answer.next = QueryCursor{rows.back().reading.reading.time, rows.back().id};
  return answer;
}

Result<std::vector<SensorRow>> StoreReader::sensors(const QueryRequest& request) {
  std::vector<SensorRow> found;
  Statement& statement = sql_.sensors;
  statement.bind(1, std::string_view(request.node)).bind(2, std::string_view(request.sensor));
  Result<bool> row = has_row(statement);
  for (; row.has_value() && *row; row = has_row(statement)) {
    found.push_back(SensorRow{statement.integer(0), statement.text(1), statement.text(2), statement.text(3)});
  }
  statement.reset();
  TRY(row);
  return found;
}

Result<void> StoreReader::read_sensor(const SensorRow& sensor, const QueryRequest& request, std::size_t most,
                                      std::vector<StoredReading>& rows) {
  const bool newest_first = request.latest || request.newest_first;
  Statement& statement = newest_first ? sql_.newest_first : sql_.oldest_first;
  constexpr std::int64_t for_ever = std::numeric_limits<std::int64_t>::max();
  std::int64_t from = milliseconds_of(request.from, 0);
  std::int64_t to = milliseconds_of(request.to, for_ever);
  std::int64_t cursor_ms = newest_first ? for_ever : -1;  // behind every row
  std::int64_t cursor_id = 0;
  if (request.after.has_value()) {
    cursor_ms = request.after->time.time_since_epoch().count();
    cursor_id = static_cast<std::int64_t>(request.after->id);
    newest_first ? to = std::min(to, cursor_ms + 1) : from = std::max(from, cursor_ms);
  }
  statement.bind(1, sensor.id).bind(2, from).bind(3, to).bind(4, std::uint64_t{most});
  statement.bind(5, cursor_ms).bind(6, cursor_id);
  Result<bool> row = has_row(statement);
  for (; row.has_value() && *row; row = has_row(statement)) {
    StoredReading& read = rows.emplace_back();
    read.id = statement.unsigned_integer(0);
    read.node = statement.text(1);
    read.stream = statement.text(2);
    read.reading = SequencedReading{statement.unsigned_integer(3),
                                    Reading{sensor.name, statement.value(5), sensor.unit, statement.wall_time(4)}};
    if (!statement.is_null(6)) read.reading.reading.uptime = Millis(statement.integer(6));
  }
  statement.reset();
  TRY(row);
  return {};
}

}  // namespace sensors::persistence

#include "services/sensor-persistence/store/store_batches.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

#include "common/adapters/sqlite/preparing.hpp"
#include "services/sensor-persistence/store/answer_size.hpp"
#include "services/sensor-persistence/store/store_rows.hpp"

namespace sensors::persistence {
namespace {

constexpr std::size_t gap_bytes = 320;  // of a gap record in an answer, at most

DestinationState destination_of(const Statement& statement) {
  return DestinationState{statement.text(0),
                          statement.unsigned_integer(1),
                          statement.unsigned_integer(2),
                          statement.unsigned_integer(3),
                          statement.unsigned_integer(4),
                          statement.integer(5) != 0};
}

StoredReading reading_of(const Statement& statement) {
  StoredReading row;
  row.id = statement.unsigned_integer(0);
  row.node = statement.text(1);
  row.stream = statement.text(2);
  row.reading = SequencedReading{statement.unsigned_integer(3), Reading{statement.text(4), statement.value(7),
                                                                        statement.text(5), statement.wall_time(6)}};
  if (!statement.is_null(8)) row.reading.reading.uptime = Millis(statement.integer(8));
  return row;
}

std::uint64_t id_of(const StoredRow& row) {
  return std::visit([](const auto& known) { return known.id; }, row);
}

std::size_t bytes_of(const StoredRow& row) {
  const StoredReading* reading = std::get_if<StoredReading>(&row);
  return reading != nullptr ? answer_bytes(*reading) : gap_bytes;
}

void add(UploadBatch& batch, StoredRow row) {
  if (StoredReading* reading = std::get_if<StoredReading>(&row)) {
    batch.readings.push_back(std::move(*reading));
  } else {
    batch.gaps.push_back(std::get<StoredGap>(std::move(row)));
  }
}

/// Counts rows and bytes of a batch against its limits; the first row always fits.
class Room {
 public:
  explicit Room(const HandOut& limits) : rows_(limits.max_readings), bytes_(limits.max_bytes) {}
  bool take(std::size_t bytes) {
    if (!is_empty_ && (rows_ == 0 || bytes > bytes_)) return false;
    is_empty_ = false;
    rows_ -= std::min<std::size_t>(rows_, 1);
    bytes_ -= std::min(bytes_, bytes);
    return true;
  }

 private:
  std::size_t rows_;
  std::size_t bytes_;
  bool is_empty_ = true;
};

}  // namespace

// CROSS JOIN keeps SQLite to the order of ids.
Result<StoreBatches> StoreBatches::prepare(Database& database, std::string store) {
  Preparing p(database);
  Result<Sql> sql = p.all(Sql{
      .oldest_id = p("SELECT min(id) FROM (SELECT min(id) AS id FROM reading UNION ALL SELECT min(id) FROM gap"
                     " UNION ALL SELECT min(queue_id) FROM dead_letter)"),
      .add_destination = p("INSERT INTO destination(name, cursor, batch_first, batch_last) VALUES(?1, 0, 0, 0) ON "
                           "CONFLICT(name) DO NOTHING"),
      .skip_deleted = p("UPDATE destination SET cursor = ?1 WHERE cursor < ?1 AND batch_last = 0"),
      .list_destinations = p("SELECT name, cursor, batch_first, batch_last, refusals, withdrawn FROM destination"),
      .find_destination =
          p("SELECT name, cursor, batch_first, batch_last, refusals, withdrawn FROM destination WHERE name = ?1"),
      .remember =
          p("UPDATE destination SET cursor = ?2, batch_first = ?3, batch_last = ?4, refusals = ?5, withdrawn = 0"
            " WHERE name = ?1"),
      .confirm =
          p("UPDATE destination SET cursor = ?3, batch_first = 0, batch_last = 0, refusals = 0 WHERE name = ?1 AND "
            "batch_first = ?2 AND batch_last = ?3"),
      .withdraw = p("UPDATE destination SET withdrawn = 1 WHERE name = ?1"),
      .readings = p("SELECT r.id, t.node, t.name, r.seq, n.name, n.unit, r.time_ms, r.value, r.uptime_ms"
                    " FROM reading r CROSS JOIN stream t ON t.id = r.stream CROSS JOIN sensor n ON n.id = r.sensor"
                    " WHERE r.id BETWEEN ?1 AND ?2 ORDER BY r.id"),
      .gaps = p("SELECT g.id, t.node, t.name, g.first, g.last, g.reason, g.time_ms"
                " FROM gap g CROSS JOIN stream t ON t.id = g.stream"
                " WHERE g.id BETWEEN ?1 AND ?2 ORDER BY g.id LIMIT ?3"),
  });
  TRY(sql);
  return StoreBatches(database, std::move(*sql), std::move(store));
}

Result<void> StoreBatches::add_destinations(const std::vector<std::string>& destinations, std::uint64_t last_id) {
  for (const std::string& name : destinations) {
    TRY(sql_.add_destination.bind(1, std::string_view(name)).run());
  }
  TRY_ASSIGN(const std::uint64_t before, before_oldest(last_id));
  return sql_.skip_deleted.bind(1, before).run();
}

Result<std::uint64_t> StoreBatches::before_oldest(std::uint64_t last_id) {
  Statement& oldest = sql_.oldest_id;
  TRY_ASSIGN(std::ignore, has_row(oldest));
  const std::uint64_t before = oldest.is_null(0) ? last_id : oldest.unsigned_integer(0) - 1;
  oldest.reset();
  return std::min(before, last_id);
}

/// What retention deleted meanwhile was not for it: the cursor passes it, so that nobody takes it for lost.
Result<void> StoreBatches::pass_deleted(DestinationState& destination, std::uint64_t last_id) {
  if (!destination.withdrawn) return {};
  TRY_ASSIGN(const std::uint64_t before, before_oldest(last_id));
  destination.cursor = std::max(destination.cursor, before);
  if (destination.batch_last <= destination.cursor) destination.batch_last = 0;
  return {};
}

Result<std::vector<DestinationState>> StoreBatches::destinations() {
  std::vector<DestinationState> found;
  Statement& statement = sql_.list_destinations;
  Result<bool> row = has_row(statement);
  for (; row.has_value() && *row; row = has_row(statement)) found.push_back(destination_of(statement));
  statement.reset();
  TRY(row);
  return found;
}

Result<DestinationState> StoreBatches::find(const std::string& name) {
  Statement& statement = sql_.find_destination;
  statement.bind(1, std::string_view(name));
  const Result<bool> row = has_row(statement);
  const DestinationState state = row.has_value() && *row ? destination_of(statement) : DestinationState{};
  statement.reset();
  TRY(row);
  if (!*row) return fail(ErrorCode::not_found, "destination " + name + " is not in the store; restart the service");
  return state;
}

Result<void> StoreBatches::remember(const DestinationState& destination) {
  Statement& statement = sql_.remember;
  statement.bind(1, std::string_view(destination.name)).bind(2, destination.cursor);
  statement.bind(3, destination.batch_first).bind(4, destination.batch_last);
  return statement.bind(5, destination.refusals).run();
}

Result<bool> StoreBatches::confirm(const Confirmation& confirmation) {
  Statement& statement = sql_.confirm;
  statement.bind(1, std::string_view(confirmation.destination)).bind(2, confirmation.first);
  TRY(statement.bind(3, confirmation.last).run());
  return database_->changes() > 0;
}

Result<void> StoreBatches::withdraw(const std::string& destination) {
  return sql_.withdraw.bind(1, std::string_view(destination)).run();
}

Result<std::uint64_t> StoreBatches::given_through(const std::string& destination) {
  TRY_ASSIGN(const DestinationState state, find(destination));
  return std::max(state.cursor, state.batch_last);
}

Result<UploadBatch> StoreBatches::hand_out(const HandOut& request, std::uint64_t last_id,
                                           StoreDeadLetters& dead_letters) {
  TRY_ASSIGN(DestinationState destination, find(request.destination));
  TRY(pass_deleted(destination, last_id));
  UploadBatch batch;
  batch.store = store_;
  batch.destination = request.destination;
  const bool is_out = destination.batch_last != 0;
  const bool is_retry = is_out && destination.batch_last != request.refused;
  batch.refusals = destination.refusals + (is_out && !is_retry ? 1 : 0);
  const HandOut everything{0, request.destination, std::numeric_limits<std::size_t>::max(),
                           std::numeric_limits<std::size_t>::max(), 0};
  const std::uint64_t from = destination.cursor + 1;
  const std::uint64_t to = is_retry ? destination.batch_last : last_id;
  TRY(read_rows(from, to, is_retry ? everything : request, dead_letters, batch));
  if (!batch.readings.empty()) batch.last = batch.readings.back().id;
  if (!batch.gaps.empty()) batch.last = std::max(batch.last, batch.gaps.back().id);
  if (is_retry) batch.last = destination.batch_last;
  if (batch.last != 0) batch.first = from;
  batch.remaining = last_id - (batch.last != 0 ? batch.last : last_id);
  if (is_retry && !destination.withdrawn) return batch;
  // Without a row up to last_id there is nothing but ids of other destinations: they are passed.
  const std::uint64_t cursor = batch.last != 0 ? destination.cursor : last_id;
  TRY(remember(DestinationState{request.destination, cursor, batch.first, batch.last, batch.refusals}));
  return batch;
}

Result<std::vector<StoredRow>> StoreBatches::gaps(std::uint64_t first, std::uint64_t last, std::size_t most) {
  std::vector<StoredRow> found;
  Statement& statement = sql_.gaps;
  statement.bind(1, first).bind(2, last);
  statement.bind(3, static_cast<std::int64_t>(std::min<std::size_t>(most, std::numeric_limits<std::int32_t>::max())));
  Result<bool> row = has_row(statement);
  for (; row.has_value() && *row; row = has_row(statement)) {
    const Gap gap{statement.unsigned_integer(3), statement.unsigned_integer(4), statement.text(5),
                  statement.wall_time(6)};
    found.emplace_back(StoredGap{statement.unsigned_integer(0), statement.text(1), statement.text(2), gap});
  }
  statement.reset();
  TRY(row);
  return found;
}

/// Readings, gap records and rows that wait again, in the order of their ids, until there is no more room.
Result<void> StoreBatches::read_rows(std::uint64_t first, std::uint64_t last, const HandOut& limits,
                                     StoreDeadLetters& dead_letters, UploadBatch& batch) {
  TRY_ASSIGN(std::vector<StoredRow> others, gaps(first, last, limits.max_readings));
  TRY_ASSIGN(std::vector<StoredRow> again, dead_letters.waiting(limits.destination, first, last, limits.max_readings));
  std::move(again.begin(), again.end(), std::back_inserter(others));
  std::sort(others.begin(), others.end(), [](const auto& a, const auto& b) { return id_of(a) < id_of(b); });
  Room room(limits);
  auto other = others.begin();
  const auto take_others_before = [&](std::uint64_t id) {
    for (; other != others.end() && id_of(*other) < id; ++other) {
      if (!room.take(bytes_of(*other))) return false;
      add(batch, std::move(*other));
    }
    return true;
  };
  Statement& statement = sql_.readings;
  statement.bind(1, first).bind(2, last);
  bool has_room = true;
  Result<bool> row = has_row(statement);
  for (; has_room && row.has_value() && *row; row = has_row(statement)) {
    StoredReading reading = reading_of(statement);
    has_room = take_others_before(reading.id) && room.take(answer_bytes(reading));
    if (has_room) batch.readings.push_back(std::move(reading));
  }
  statement.reset();
  TRY(row);
  if (has_room) take_others_before(last + 1);
  return {};
}

}  // namespace sensors::persistence

#include "services/sensor-persistence/store/store_rows.hpp"

#include "common/adapters/sqlite/preparing.hpp"

namespace sensors::persistence {
namespace {

constexpr std::size_t max_known_sensors = 50'000;

/// The id that an INSERT ... RETURNING id gives.
Result<std::int64_t> returned_id(Statement& statement) {
  const Result<bool> row = has_row(statement);
  const std::int64_t id = row.has_value() && *row ? statement.integer(0) : 0;
  statement.reset();
  TRY(row);
  return id;
}

}  // namespace

Result<bool> has_row(Statement& statement) {
  TRY_ASSIGN(const Statement::Step step, statement.step());
  return step == Statement::Step::row;
}

// A number that is there already keeps its first reading: (stream, seq) never names two. Nothing else is passed over:
// an id that is there already is an error.
Result<StoreRows> StoreRows::prepare(Database& database) {
  Preparing p(database);
  Result<Sql> sql = p.all(Sql{
      .move_stream =
          p("INSERT INTO stream(name, node, publisher, through, moved_at) VALUES(?1, ?2, ?3, ?4, ?5)"
            " ON CONFLICT(name) DO UPDATE SET through = max(through, excluded.through), moved_at = excluded.moved_at "
            "RETURNING id"),
      .add_sensor = p(
          "INSERT INTO sensor(node, name, unit) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET unit = unit RETURNING id"),
      .add_reading = p("INSERT INTO reading(id, stream, seq, sensor, time_ms, value, uptime_ms)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(stream, seq) DO NOTHING"),
      .add_gap = p("INSERT INTO gap(id, stream, first, last, reason, time_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
  });
  TRY(sql);
  return StoreRows(std::move(*sql));
}

Result<void> StoreRows::add(const StreamRows& rows, std::optional<WallTime> boot_time, std::uint64_t& last_id) {
  TRY_ASSIGN(const std::int64_t stream, move_stream(rows, last_id));
  auto gap = rows.gaps.begin();
  const auto add_gaps_before = [&](std::uint64_t seq) -> Result<void> {
    for (; gap != rows.gaps.end() && gap->first < seq; ++gap) {
      TRY(add_gap(stream, *gap, ++last_id));
    }
    return {};
  };
  for (const SequencedReading& row : rows.readings) {
    TRY(add_gaps_before(row.seq));
    TRY(add_reading(stream, rows.node, row, boot_time, ++last_id));
  }
  return add_gaps_before(max_seq + 1);
}

Result<std::int64_t> StoreRows::move_stream(const StreamRows& rows, std::uint64_t last_id) {
  Statement& statement = sql_.move_stream;
  statement.bind(1, std::string_view(rows.stream))
      .bind(2, std::string_view(rows.node))
      .bind(3, std::string_view(rows.publisher));
  statement.bind(4, rows.through).bind(5, last_id);
  return returned_id(statement);
}

Result<std::int64_t> StoreRows::sensor_id(const std::string& node, const Reading& reading) {
  key_.assign(node).append(1, '/').append(reading.sensor).append(1, '/').append(reading.unit);
  if (const auto known = sensors_.find(key_); known != sensors_.end()) return known->second;
  if (sensors_.size() >= max_known_sensors) sensors_.clear();
  Statement& statement = sql_.add_sensor;
  statement.bind(1, std::string_view(node))
      .bind(2, std::string_view(reading.sensor))
      .bind(3, std::string_view(reading.unit));
  Result<std::int64_t> id = returned_id(statement);
  if (id.has_value()) sensors_.emplace(key_, *id);
  return id;
}

Result<void> StoreRows::add_reading(std::int64_t stream, const std::string& node, const SequencedReading& row,
                                    std::optional<WallTime> boot_time, std::uint64_t id) {
  TRY_ASSIGN(const std::int64_t sensor, sensor_id(node, row.reading));
  Statement& statement = sql_.add_reading;
  statement.bind(1, id).bind(2, stream).bind(3, row.seq).bind(4, sensor);
  const std::optional<Millis>& uptime = row.reading.uptime;
  const bool is_stamped = uptime.has_value() && boot_time.has_value();
  statement.bind(5, is_stamped ? time_at_uptime(*boot_time, *uptime) : row.reading.time);
  statement.bind_value(6, row.reading.value);
  uptime.has_value() && !is_stamped ? statement.bind(7, uptime->count()) : statement.bind_null(7);
  return statement.run();
}

Result<void> StoreRows::add_gap(std::int64_t stream, const Gap& gap, std::uint64_t id) {
  Statement& statement = sql_.add_gap;
  statement.bind(1, id).bind(2, stream).bind(3, gap.first).bind(4, gap.last);
  statement.bind(5, std::string_view(gap.reason)).bind(6, gap.time);
  return statement.run();
}

}  // namespace sensors::persistence

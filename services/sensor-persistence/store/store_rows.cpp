#include "services/sensor-persistence/store/store_rows.hpp"

namespace sensors::persistence {
namespace {

enum : std::size_t { move_stream_sql, add_sensor_sql, add_reading_sql, add_gap_sql };

// A number that is there already keeps its first reading: (stream, seq) never names two. Nothing else is passed over:
// an id that is there already is an error.
const std::vector<std::string_view> row_texts{
    "INSERT INTO stream(name, node, publisher, through, moved_at) VALUES(?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT(name) DO UPDATE SET through = max(through, excluded.through), moved_at = excluded.moved_at "
    "RETURNING id",
    "INSERT INTO sensor(node, name, unit) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET unit = unit RETURNING id",
    "INSERT INTO reading(id, stream, seq, sensor, time_ms, value, uptime_ms)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(stream, seq) DO NOTHING",
    "INSERT INTO gap(id, stream, first, last, reason, time_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
};

constexpr std::size_t max_known_sensors = 50'000;

/// The id that an INSERT ... RETURNING id gives.
Result<std::int64_t> returned_id(Statement& statement) {
  const Result<bool> row = has_row(statement);
  const std::int64_t id = row.has_value() && *row ? statement.integer(0) : 0;
  statement.reset();
  if (!row.has_value()) return tl::unexpected<Error>(row.error());
  return id;
}

void bind_value(Statement& statement, int parameter, const Value& value) {
  if (const double* number = std::get_if<double>(&value)) {
    statement.bind(parameter, *number);
  } else if (const bool* truth = std::get_if<bool>(&value)) {
    statement.bind(parameter, std::int64_t{*truth ? 1 : 0});
  } else {
    statement.bind(parameter, std::string_view(std::get<std::string>(value)));
  }
}

}  // namespace

Result<std::vector<Statement>> prepare_all(Database& database, const std::vector<std::string_view>& sql) {
  std::vector<Statement> statements;
  for (const std::string_view text : sql) {
    Result<Statement> statement = database.prepare(text);
    if (!statement.has_value()) return tl::unexpected<Error>(statement.error());
    statements.push_back(std::move(*statement));
  }
  return statements;
}

Result<bool> has_row(Statement& statement) {
  const Result<Statement::Step> step = statement.step();
  if (!step.has_value()) return tl::unexpected<Error>(step.error());
  return *step == Statement::Step::row;
}

Result<StoreRows> StoreRows::prepare(Database& database) {
  Result<std::vector<Statement>> statements = prepare_all(database, row_texts);
  if (!statements.has_value()) return tl::unexpected<Error>(statements.error());
  return StoreRows(std::move(*statements));
}

Result<void> StoreRows::add(const StreamRows& rows, std::optional<WallTime> boot_time, std::uint64_t& last_id) {
  const Result<std::int64_t> stream = move_stream(rows, last_id);
  if (!stream.has_value()) return tl::unexpected<Error>(stream.error());
  auto gap = rows.gaps.begin();
  const auto add_gaps_before = [&](std::uint64_t seq) -> Result<void> {
    for (; gap != rows.gaps.end() && gap->first < seq; ++gap) {
      if (Result<void> added = add_gap(*stream, *gap, ++last_id); !added.has_value()) return added;
    }
    return {};
  };
  for (const SequencedReading& row : rows.readings) {
    Result<void> added = add_gaps_before(row.seq);
    if (added.has_value()) added = add_reading(*stream, rows.node, row, boot_time, ++last_id);
    if (!added.has_value()) return added;
  }
  return add_gaps_before(max_seq + 1);
}

Result<std::int64_t> StoreRows::move_stream(const StreamRows& rows, std::uint64_t last_id) {
  Statement& statement = statements_[move_stream_sql];
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
  Statement& statement = statements_[add_sensor_sql];
  statement.bind(1, std::string_view(node))
      .bind(2, std::string_view(reading.sensor))
      .bind(3, std::string_view(reading.unit));
  Result<std::int64_t> id = returned_id(statement);
  if (id.has_value()) sensors_.emplace(key_, *id);
  return id;
}

Result<void> StoreRows::add_reading(std::int64_t stream, const std::string& node, const SequencedReading& row,
                                    std::optional<WallTime> boot_time, std::uint64_t id) {
  const Result<std::int64_t> sensor = sensor_id(node, row.reading);
  if (!sensor.has_value()) return tl::unexpected<Error>(sensor.error());
  Statement& statement = statements_[add_reading_sql];
  statement.bind(1, id).bind(2, stream).bind(3, row.seq).bind(4, *sensor);
  const std::optional<Millis>& uptime = row.reading.uptime;
  const bool is_stamped = uptime.has_value() && boot_time.has_value();
  statement.bind(5, is_stamped ? time_at_uptime(*boot_time, *uptime) : row.reading.time);
  bind_value(statement, 6, row.reading.value);
  uptime.has_value() && !is_stamped ? statement.bind(7, uptime->count()) : statement.bind_null(7);
  return statement.run();
}

Result<void> StoreRows::add_gap(std::int64_t stream, const Gap& gap, std::uint64_t id) {
  Statement& statement = statements_[add_gap_sql];
  statement.bind(1, id).bind(2, stream).bind(3, gap.first).bind(4, gap.last);
  statement.bind(5, std::string_view(gap.reason)).bind(6, gap.time);
  return statement.run();
}

}  // namespace sensors::persistence

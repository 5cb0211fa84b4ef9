#include "services/sensor-publisher/outbox/outbox_rows.hpp"

#include <charconv>
#include <vector>

#include "common/adapters/sqlite/preparing.hpp"
#include "services/sensor-publisher/outbox/row_checksum.hpp"

namespace sensors::publisher {

namespace {

constexpr std::size_t max_cached_sensors = 10'000;

std::int64_t to_ms(WallTime time) { return time.time_since_epoch().count(); }

std::optional<std::int64_t> uptime_ms(const Reading& reading) {
  return reading.uptime.has_value() ? std::optional<std::int64_t>(reading.uptime->count()) : std::nullopt;
}

std::optional<std::int64_t> boot_time_ms(const OutboxStream& stream) {
  return stream.boot_time.has_value() ? std::optional(to_ms(*stream.boot_time)) : std::nullopt;
}

void bind_optional(Statement& statement, int parameter, const std::optional<std::int64_t>& number) {
  number.has_value() ? statement.bind(parameter, *number) : statement.bind_null(parameter);
}

std::int64_t checksum_of(Position position, const Reading& reading) {
  return RowChecksum()
      .add(position)
      .add(std::string_view(reading.sensor))
      .add(std::string_view(reading.unit))
      .add(static_cast<std::uint64_t>(to_ms(reading.time)))
      .add(reading.value)
      .add(uptime_ms(reading))
      .value();
}

std::int64_t checksum_of(Position first, Position last, const DroppedEntries& dropped) {
  return RowChecksum()
      .add(first)
      .add(last)
      .add(std::string_view(dropped.reason))
      .add(static_cast<std::uint64_t>(to_ms(dropped.time)))
      .value();
}

std::int64_t checksum_of(const OutboxStream& stream, std::int64_t number) {
  return RowChecksum()
      .add(static_cast<std::uint64_t>(number))
      .add(std::string_view(stream.id))
      .add(stream.base)
      .add(stream.skipped)
      .add(std::string_view(stream.boot))
      .add(boot_time_ms(stream))
      .value();
}

std::int64_t checksum_of(const EndedStream& stream, std::int64_t number) {
  return RowChecksum()
      .add(static_cast<std::uint64_t>(number))
      .add(std::string_view(stream.id))
      .add(std::string_view(stream.node))
      .add(stream.last)
      .value();
}

std::int64_t checksum_of(const KnownSensor& sensor) {
  return RowChecksum()
      .add(std::string_view(sensor.sensor))
      .add(std::string_view(sensor.source))
      .add(static_cast<std::uint64_t>(sensor.interval.count()))
      .add(static_cast<std::uint64_t>(to_ms(sensor.last)))
      .add(std::uint64_t{sensor.silent})
      .value();
}

std::int64_t checksum_of(std::string_view key, std::string_view value) {
  return RowChecksum().add(key).add(value).value();
}

}  // namespace

Result<OutboxRows> OutboxRows::prepare(Database& database) {
  Preparing p(database);
  Result<Sql> sql = p.all(Sql{
      .insert_reading = p("INSERT OR REPLACE INTO reading(position, sensor, time_ms, value, uptime_ms, checksum)"
                          " VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
      .insert_gap = p("INSERT OR REPLACE INTO gap(first, last, reason, time_ms, checksum) VALUES(?1, ?2, ?3, ?4, ?5)"),
      .insert_sensor = p("INSERT INTO sensor(name, unit) VALUES(?1, ?2) RETURNING id"),
      .find_sensor = p("SELECT id FROM sensor WHERE name = ?1 AND unit = ?2"),
      .insert_stream = p("INSERT OR REPLACE INTO stream(number, id, base, skipped, boot, boot_time_ms, checksum)"
                         " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
      .insert_ended = p("INSERT OR REPLACE INTO ended(number, id, node, last, checksum) VALUES(?1, ?2, ?3, ?4, ?5)"),
      .set_meta = p("INSERT OR REPLACE INTO meta(key, value, checksum) VALUES(?1, ?2, ?3)"),
      .keep_sensor = p("INSERT INTO known_sensor(name, driver, interval_ms, last_ms, silent, checksum)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(name) DO UPDATE SET driver = ?2, interval_ms = ?3,"
                       " last_ms = ?4, silent = ?5, checksum = ?6"),
      .forget_sensor = p("DELETE FROM known_sensor WHERE name = ?1"),
  });
  TRY(sql);
  return OutboxRows(std::move(*sql));
}

Result<void> OutboxRows::add(const OutboxEntry& entry) {
  if (const DroppedEntries* dropped = std::get_if<DroppedEntries>(&entry.what); dropped != nullptr) {
    return sql_.insert_gap.bind(1, entry.first)
        .bind(2, entry.last)
        .bind(3, std::string_view(dropped->reason))
        .bind(4, dropped->time)
        .bind(5, checksum_of(entry.first, entry.last, *dropped))
        .run();
  }
  const Reading& reading = std::get<Reading>(entry.what);
  TRY_ASSIGN(const std::int64_t sensor, sensor_id(reading));
  sql_.insert_reading.bind(1, entry.first).bind(2, sensor).bind(3, reading.time);
  sql_.insert_reading.bind_value(4, reading.value);
  bind_optional(sql_.insert_reading, 5, uptime_ms(reading));
  return sql_.insert_reading.bind(6, checksum_of(entry.first, reading)).run();
}

Result<std::int64_t> OutboxRows::sensor_id(const Reading& reading) {
  const auto key = std::pair(reading.sensor, reading.unit);
  if (const auto known = sensor_ids_.find(key); known != sensor_ids_.end()) return known->second;
  for (Statement* statement : {&sql_.find_sensor, &sql_.insert_sensor}) {
    const Result<Statement::Step> step =
        statement->bind(1, std::string_view(reading.sensor)).bind(2, std::string_view(reading.unit)).step();
    const bool found = step && *step == Statement::Step::row;
    const std::int64_t id = found ? statement->integer(0) : 0;
    statement->reset();
    TRY(step);
    if (found) {
      if (sensor_ids_.size() >= max_cached_sensors) sensor_ids_.clear();
      sensor_ids_.emplace(key, id);
      return id;
    }
  }
  return fail(ErrorCode::corrupt, "outbox: table sensor takes no row for " + reading.sensor);
}

Result<void> OutboxRows::add_stream(const OutboxStream& stream, std::int64_t number) {
  sql_.insert_stream.bind(1, number)
      .bind(2, std::string_view(stream.id))
      .bind(3, stream.base)
      .bind(4, stream.skipped)
      .bind(5, std::string_view(stream.boot));
  bind_optional(sql_.insert_stream, 6, boot_time_ms(stream));
  TRY(sql_.insert_stream.bind(7, checksum_of(stream, number)).run());
  TRY(set_meta(meta_key_of_stream(number), text_of(stream)));
  return stream.node.empty() ? Result<void>{} : set_meta(meta_key_of_node(number), stream.node);
}

Result<void> OutboxRows::add_ended(const EndedStream& stream, std::int64_t number) {
  return sql_.insert_ended.bind(1, number)
      .bind(2, std::string_view(stream.id))
      .bind(3, std::string_view(stream.node))
      .bind(4, stream.last)
      .bind(5, checksum_of(stream, number))
      .run();
}

Result<void> OutboxRows::set_meta(std::string_view key, std::string_view value) {
  return sql_.set_meta.bind(1, key).bind(2, value).bind(3, checksum_of(key, value)).run();
}

Result<void> OutboxRows::keep_sensor(const KnownSensor& sensor) {
  return sql_.keep_sensor.bind(1, std::string_view(sensor.sensor))
      .bind(2, std::string_view(sensor.source))
      .bind(3, std::int64_t{sensor.interval.count()})
      .bind(4, sensor.last)
      .bind(5, std::int64_t{sensor.silent ? 1 : 0})
      .bind(6, checksum_of(sensor))
      .run();
}

Result<void> OutboxRows::forget_sensor(const std::string& name) {
  return sql_.forget_sensor.bind(1, std::string_view(name)).run();
}

std::optional<Reading> reading_in(const Statement& row, int column, Position position, std::string name,
                                  std::string unit) {
  Reading reading{std::move(name), row.value(column + 1), std::move(unit), row.wall_time(column)};
  if (!row.is_null(column + 2)) reading.uptime = Millis{row.integer(column + 2)};
  if (row.integer(column + 3) != checksum_of(position, reading)) return std::nullopt;
  return reading;
}

std::optional<OutboxEntry> gap_in(const Statement& row, int column) {
  const Position first = row.unsigned_integer(column);
  const Position last = row.unsigned_integer(column + 1);
  DroppedEntries dropped{row.text(column + 2), row.wall_time(column + 3)};
  if (row.integer(column + 4) != checksum_of(first, last, dropped)) return std::nullopt;
  return OutboxEntry{first, last, std::move(dropped)};
}

std::optional<OutboxStream> stream_in(const Statement& row, int column, std::int64_t number) {
  OutboxStream stream{row.text(column), row.unsigned_integer(column + 1), row.text(column + 3)};
  stream.skipped = row.unsigned_integer(column + 2);
  if (!row.is_null(column + 4)) stream.boot_time = row.wall_time(column + 4);
  if (row.integer(column + 5) != checksum_of(stream, number)) return std::nullopt;
  return stream;
}

std::optional<EndedStream> ended_in(const Statement& row, int column, std::int64_t number) {
  EndedStream stream{row.text(column), row.text(column + 1), row.unsigned_integer(column + 2)};
  if (row.integer(column + 3) != checksum_of(stream, number)) return std::nullopt;
  return stream;
}

std::optional<KnownSensor> known_sensor_in(const Statement& row, int column) {
  KnownSensor sensor{"",
                     row.text(column),
                     row.text(column + 1),
                     Millis{row.integer(column + 2)},
                     row.wall_time(column + 3),
                     row.integer(column + 4) != 0};
  if (row.integer(column + 5) != checksum_of(sensor) || !is_name(sensor.sensor)) return std::nullopt;
  return sensor;
}

std::optional<std::pair<std::string, std::string>> meta_in(const Statement& row, int column) {
  std::pair<std::string, std::string> entry{row.text(column), row.text(column + 1)};
  if (row.integer(column + 2) != checksum_of(entry.first, entry.second)) return std::nullopt;
  return entry;
}

std::string meta_key_of_stream(std::int64_t number) { return "stream." + std::to_string(number); }

std::string meta_key_of_node(std::int64_t number) { return "node." + std::to_string(number); }

/// "ID BASE SKIPPED BOOT-TIME BOOT", with a boot time of 0 for none.
std::string text_of(const OutboxStream& stream) {
  return stream.id + ' ' + std::to_string(stream.base) + ' ' + std::to_string(stream.skipped) + ' ' +
         std::to_string(boot_time_ms(stream).value_or(0)) + ' ' + stream.boot;
}

std::optional<OutboxStream> stream_of_text(std::string_view text) {
  std::vector<std::string_view> words;
  for (int i = 0; i < 4; ++i) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    words.push_back(text.substr(0, space));
    text.remove_prefix(space + 1);
  }
  OutboxStream stream{std::string(words[0]), to_position(words[1]), std::string(text)};
  stream.skipped = to_position(words[2]);
  if (const Position boot_time = to_position(words[3]); boot_time != 0)
    stream.boot_time = WallTime{Millis{static_cast<std::int64_t>(boot_time)}};
  return stream;
}

Position to_position(std::string_view text) {
  Position position = 0;
  std::from_chars(text.data(), text.data() + text.size(), position);
  return position;
}

std::string text_of(const ThinnedMark& mark) {
  return std::to_string(mark.through) + " " + std::to_string(to_ms(mark.time));
}

ThinnedMark mark_of_text(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return {};
  return {to_position(text.substr(0, space)),
          WallTime{Millis{static_cast<std::int64_t>(to_position(text.substr(space + 1)))}}};
}

}  // namespace sensors::publisher

// OutboxRows writes rows into the tables of an outbox, each with its checksum, and reads them back only when the
// checksum is right. Used by the Outbox and by the salvage of a damaged one, on the outbox worker's thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/adapters/sqlite/database.hpp"
#include "services/sensor-publisher/logic/outbox_entry.hpp"

namespace sensors::publisher {

/// The position and time of the last thinning: holes up to it are readings that were thinned out.
struct ThinnedMark {
  Position through = 0;
  WallTime time{};
};

class OutboxRows {
 public:
  /// `database` must outlive this, or be moved along with it.
  static Result<OutboxRows> prepare(Database& database);

  /// A row that is there already is replaced.
  Result<void> add(const OutboxEntry& entry);
  Result<void> add_stream(const OutboxStream& stream, std::int64_t number);
  Result<void> add_ended(const EndedStream& stream, std::int64_t number);
  Result<void> set_meta(std::string_view key, std::string_view value);
  Result<void> keep_sensor(const KnownSensor& sensor);
  Result<void> forget_sensor(const std::string& name);

  /// After a rollback: ids of sensors that were rolled back are void.
  void forget_sensors() { sensor_ids_.clear(); }

 private:
  struct Sql {
    Statement insert_reading;
    Statement insert_gap;
    Statement insert_sensor;
    Statement find_sensor;
    Statement insert_stream;
    Statement insert_ended;
    Statement set_meta;
    Statement keep_sensor;
    Statement forget_sensor;
  };

  explicit OutboxRows(Sql sql) : sql_(std::move(sql)) {}

  Result<std::int64_t> sensor_id(const Reading& reading);

  Sql sql_;
  std::map<std::pair<std::string, std::string>, std::int64_t> sensor_ids_;  // (name, unit); bounded
};

// What reads back. Columns from `column` on are those of the *_columns text; nothing when the checksum is wrong.

inline constexpr std::string_view reading_columns = "time_ms, value, uptime_ms, checksum";
std::optional<Reading> reading_in(const Statement& row, int column, Position position, std::string name,
                                  std::string unit);

inline constexpr std::string_view gap_columns = "first, last, reason, time_ms, checksum";
std::optional<OutboxEntry> gap_in(const Statement& row, int column);

inline constexpr std::string_view stream_columns = "id, base, skipped, boot, boot_time_ms, checksum";
std::optional<OutboxStream> stream_in(const Statement& row, int column, std::int64_t number);

inline constexpr std::string_view ended_columns = "id, node, last, checksum";
std::optional<EndedStream> ended_in(const Statement& row, int column, std::int64_t number);

inline constexpr std::string_view known_sensor_columns = "name, driver, interval_ms, last_ms, silent, checksum";
std::optional<KnownSensor> known_sensor_in(const Statement& row, int column);

inline constexpr std::string_view meta_columns = "key, value, checksum";
std::optional<std::pair<std::string, std::string>> meta_in(const Statement& row, int column);

/// The second copy of a stream, as kept in meta, and back.
std::string meta_key_of_stream(std::int64_t number);
std::string meta_key_of_node(std::int64_t number);  // of the stream's node
std::string text_of(const OutboxStream& stream);
std::optional<OutboxStream> stream_of_text(std::string_view text);

/// 0 when it is not a number.
Position to_position(std::string_view text);

std::string text_of(const ThinnedMark& mark);
ThinnedMark mark_of_text(std::string_view text);

}  // namespace sensors::publisher

// StoreRows inserts the rows of streams and moves their watermarks, inside a transaction of its caller. It knows the
// ids of streams and sensors. Worker thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/adapters/sqlite/database.hpp"
#include "services/sensor-persistence/events.hpp"

namespace sensors::persistence {

/// Whether a step gave a row. `statement` is not reset.
Result<bool> has_row(Statement& statement);

class StoreRows {
 public:
  static Result<StoreRows> prepare(Database& database);

  /// Inserts `rows`, each under the next id after `last_id`, which moves, and sets the stream's watermark. Readings
  /// that carry their uptime get their times from `boot_time` when it is known.
  Result<void> add(const StreamRows& rows, std::optional<WallTime> boot_time, std::uint64_t& last_id);

  /// After a rollback: ids that were made in it do not exist.
  void forget() { sensors_.clear(); }

 private:
  struct Sql {
    Statement move_stream;
    Statement add_sensor;
    Statement add_reading;
    Statement add_gap;
  };

  explicit StoreRows(Sql sql) : sql_(std::move(sql)) {}

  Result<std::int64_t> move_stream(const StreamRows& rows, std::uint64_t last_id);
  Result<std::int64_t> sensor_id(const std::string& node, const Reading& reading);
  Result<void> add_reading(std::int64_t stream, const std::string& node, const SequencedReading& row,
                           std::optional<WallTime> boot_time, std::uint64_t id);
  Result<void> add_gap(std::int64_t stream, const Gap& gap, std::uint64_t id);

  Sql sql_;
  std::unordered_map<std::string, std::int64_t> sensors_;  // by node, name and unit
  std::string key_;                                        // reused: the lookup is on the path of each reading
};

}  // namespace sensors::persistence

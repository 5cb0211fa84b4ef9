// The query that makes one value of each step of time, in the database. On StoreReader's connection and thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/adapters/sqlite/database.hpp"
#include "services/sensor-persistence/events.hpp"

namespace sensors::persistence {

/// One row of the table `sensor`.
struct SensorRow {
  std::int64_t id = 0;
  std::string node;
  std::string name;
  std::string unit;
};

class BucketQuery {
 public:
  static Result<BucketQuery> prepare(Database& database);

  /// The steps of `sensors` in the order of the request. Where there is a `first`, that is asked of each sensor, and
  /// `request` only where it finds nothing. ErrorCode::timeout when the connection is told to give up.
  Result<QueryRows> run(const QueryRequest& request, const std::optional<QueryRequest>& first,
                        const std::vector<SensorRow>& sensors);

 private:
  struct Aggregates {
    Statement mean;
    Statement min;
    Statement max;
    Statement last;
  };
  struct Sql {
    Aggregates oldest_first;
    Aggregates newest_first;
  };

  explicit BucketQuery(Sql sql) : sql_(std::move(sql)) {}

  static Statement& statement_for(Aggregate aggregate, Aggregates& statements);

  Result<void> read_sensor(const SensorRow& sensor, const QueryRequest& request, std::vector<StoredBucket>& buckets);

  Sql sql_;
};

}  // namespace sensors::persistence

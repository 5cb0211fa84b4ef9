// StoreReader answers queries on a reading connection of its own, so that they never hold up a commit. Its own worker's
// thread.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/adapters/sqlite/database.hpp"
#include "services/sensor-persistence/events.hpp"
#include "services/sensor-persistence/store/bucket_query.hpp"

namespace sensors::persistence {

class StoreReader {
 public:
  /// The store must exist. Queries end early once `stopping` is true; it must outlive the reader. `open_limit` is for
  /// the opening alone: each query has a limit of its own.
  static Result<std::unique_ptr<StoreReader>> open(const std::string& path, const std::atomic<bool>& stopping,
                                                   Millis open_limit = Millis{20'000});

  /// timeout when it takes longer than `time_limit`. An answer is at most 1 MiB; what is beyond is `truncated`.
  /// Where the newest is asked for (`latest`, or newest first without `to`), what says to be of `future` or later is in
  /// the answer only of sensors that have nothing else.
  Result<QueryRows> query(const QueryRequest& request, Millis time_limit,
                          std::optional<WallTime> future = std::nullopt);

  /// The same for the dead letters that a `list` asks for.
  Result<DeadLetterRows> dead_letters(const DeadLettersRequest& request, Millis time_limit);

 private:
  struct Sql {
    Statement sensors;
    Statement oldest_first;
    Statement newest_first;
    Statement dead_letters;
  };

  StoreReader(Database database, Sql sql, BucketQuery buckets);

  Result<QueryRows> collect(const QueryRequest& request, std::optional<WallTime> future);
  Result<std::vector<SensorRow>> sensors(const QueryRequest& request);
  Result<void> read_sensor(const SensorRow& sensor, const QueryRequest& request, std::size_t most,
                           std::vector<StoredReading>& rows);

  Database database_;
  Sql sql_;
  BucketQuery buckets_;
};

}  // namespace sensors::persistence

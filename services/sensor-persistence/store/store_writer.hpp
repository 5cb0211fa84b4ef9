// StoreWriter is the store's one writing connection: it makes each CommitTransaction one SQLite transaction, all or
// nothing, and synced when it returns. Worker thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/adapters/sqlite/database.hpp"
#include "services/sensor-persistence/events.hpp"
#include "services/sensor-persistence/store/store_batches.hpp"
#include "services/sensor-persistence/store/store_clocks.hpp"
#include "services/sensor-persistence/store/store_dead_letters.hpp"
#include "services/sensor-persistence/store/store_rows.hpp"

namespace sensors::persistence {

struct StoreOptions {
  std::string path;
  std::vector<std::string> destinations;
  int cache_kib = 2'048;
  std::size_t max_streams = 10'000;  // given in StoreContents

  /// How long the file is looked through for damage at the start of the service. 0: not at all.
  Millis check_limit{5'000};

  /// As of SalvageOptions.
  Millis salvage_limit{300'000};
  std::size_t keep_damaged = 3;

  /// Of the reserve file PATH.reserve; 0: none.
  std::int64_t reserve_bytes = 4 * 1024 * 1024;
};

class StoreWriter {
 public:
  /// Opens or makes the store, and looks for damage for `check_limit`. Errors name the file: permission, read_only,
  /// disk_full, io, newer_schema, corrupt: damage that SQLite sees, or ids and cursors that do not agree with the rows.
  static Result<std::unique_ptr<StoreWriter>> open(const StoreOptions& options, Millis check_limit = Millis{0});

  /// What the store holds, for the Logic to start from.
  Result<StoreContents> contents(std::size_t max_streams);

  Result<CommitReport> commit(const CommitTransaction& transaction);
  Result<StreamState> load_stream(const std::string& name);

  /// io also when the store's files have lost their names.
  Result<StoreFigures> measure();

  /// What is open; for rescue().
  Database& database() { return database_; }

 private:
  struct Sql {
    Statement last_id;
    Statement honest_time;
    Statement set_last_id;
    Statement probe;
    Statement streams;
    Statement stream;
    Statement newest_gaps;
    Statement window;
    Statement present;
    Statement delete_readings;
    Statement delete_gaps;
    Statement delete_streams;
    Statement sensors;
    Statement keep_sensor;
    Statement forget_sensor;
  };

  StoreWriter(Database database, Sql sql, StoreRows rows);

  static Result<Sql> prepare(Database& database);
  static Result<void> check(Database& database, Millis limit);
  static Result<std::string> adopt_id(Database& database);
  Result<void> start(const StoreOptions& options, const std::string& store);
  Result<CommitReport> apply(const CommitTransaction& transaction);
  Result<void> check_last_id();
  Result<void> write_rows(const CommitTransaction& transaction, CommitReport& report);
  Result<void> add_rows(const StreamRows& rows, CommitReport& report);
  Result<void> keep_clocks(const CommitTransaction& transaction, CommitReport& report);
  Result<void> settle_uploads(const CommitTransaction& transaction, CommitReport& report);
  Result<void> keep(const KnownSensorChanges& sensors);
  std::vector<KnownSensor> known_sensors();
  Result<void> hand_out(const CommitTransaction& transaction, CommitReport& report);
  Result<UploadBatch> hand_out(const HandOut& request, std::uint64_t last_id);
  Result<RetentionReport> retain(const RetentionStep& step);
  Result<void> delete_rows(const RetentionStep& step, std::uint64_t through, RetentionReport& report);
  Result<std::vector<GapSeen>> newest_gaps();
  Result<std::int64_t> integer_of(Statement& statement);

  Database database_;
  Sql sql_;
  StoreRows rows_;
  std::unique_ptr<StoreBatches> batches_;
  std::unique_ptr<StoreClocks> clocks_;
  std::unique_ptr<StoreDeadLetters> dead_letters_;
  std::string store_;
  std::uint64_t last_id_ = 0;  // committed
};

}  // namespace sensors::persistence

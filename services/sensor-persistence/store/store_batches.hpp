// StoreBatches hands out rows to destinations and remembers what it handed out, so that a retry gets the same batch,
// also after a crash. Inside a transaction of its caller. Worker thread.
#pragma once

#include <string>
#include <vector>

#include "common/adapters/sqlite/database.hpp"
#include "services/sensor-persistence/events.hpp"
#include "services/sensor-persistence/store/store_dead_letters.hpp"

namespace sensors::persistence {

class StoreBatches {
 public:
  static Result<StoreBatches> prepare(Database& database, std::string store);

  /// Makes sure that `destinations` are known. A new one begins with the oldest row, or behind `last_id` without rows.
  Result<void> add_destinations(const std::vector<std::string>& destinations, std::uint64_t last_id);
  Result<std::vector<DestinationState>> destinations();

  /// Whether that range was the one handed out, and the cursor moved.
  Result<bool> confirm(const Confirmation& confirmation);

  /// Nothing waits for `destination`, until hand_out() is asked for it.
  Result<void> withdraw(const std::string& destination);

  /// The last row that `destination` has, or was given: later ones may still change.
  Result<std::uint64_t> given_through(const std::string& destination);

  /// The range that is handed out, or the next one up to `last_id`; first == 0 when there are no rows, and then the
  /// cursor is at `last_id`. Rows that wait again come from `dead_letters`.
  Result<UploadBatch> hand_out(const HandOut& request, std::uint64_t last_id, StoreDeadLetters& dead_letters);

 private:
  struct Sql {
    Statement oldest_id;
    Statement add_destination;
    Statement skip_deleted;
    Statement list_destinations;
    Statement find_destination;
    Statement remember;
    Statement confirm;
    Statement withdraw;
    Statement readings;
    Statement gaps;
  };

  StoreBatches(Database& database, Sql sql, std::string store)
      : database_(&database), sql_(std::move(sql)), store_(std::move(store)) {}

  Result<DestinationState> find(const std::string& name);
  Result<std::uint64_t> before_oldest(std::uint64_t last_id);
  Result<void> pass_deleted(DestinationState& destination, std::uint64_t last_id);
  Result<void> remember(const DestinationState& destination);
  Result<std::vector<StoredRow>> gaps(std::uint64_t first, std::uint64_t last, std::size_t most);
  Result<void> read_rows(std::uint64_t first, std::uint64_t last, const HandOut& limits, StoreDeadLetters& dead_letters,
                         UploadBatch& batch);

  Database* database_;
  Sql sql_;
  std::string store_;
};

}  // namespace sensors::persistence

// StoreDeadLetters keeps the rows that a destination refused, puts them back into the queue and takes them out of it
// again. Inside a transaction of its caller. Worker thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "common/adapters/sqlite/database.hpp"
#include "services/sensor-persistence/events.hpp"

namespace sensors::persistence {

/// The dead letter of a `SELECT *`; its row has the queue_id as id, 0 when it does not wait.
DeadLetter dead_letter_of(const Statement& statement);

class StoreDeadLetters {
 public:
  /// Only what is for one of `configured` can wait again; letters that wait for another, as the configuration was
  /// changed, are dead again.
  static Result<StoreDeadLetters> prepare(Database& database, const std::vector<std::string>& configured);

  /// A range is confirmed: what was rejected becomes a dead letter, or one again, and those that waited in the range
  /// are delivered. Adds to `report`.
  Result<void> settle(const Confirmation& confirmation, WallTime now, DeadLetterReport& report);

  /// Requeued letters get the next ids after `last_id`, which moves, and their times, where only their uptimes were
  /// known and it is known now when their boots began. Adds to `report`.
  Result<void> change(const DeadLetterChange& change, std::uint64_t& last_id, DeadLetterReport& report);

  /// Deletes the oldest beyond `most`, and counts what is left. Adds to `report`.
  Result<void> trim(std::size_t most, DeadLetterReport& report);

  /// Those that wait for `destination` under first..last, in that order, at most `most`.
  Result<std::vector<StoredRow>> waiting(const std::string& destination, std::uint64_t first, std::uint64_t last,
                                         std::size_t most);

  /// How many do not wait.
  Result<DeadLetterCounts> count();

 private:
  struct Sql {
    std::array<Statement, 3> refusals;  // tried in turn: a row is found by one of them, whichever comes first
    Statement newest;
    Statement delivered;
    Statement give_up_waiting;
    Statement requeue_one;
    Statement requeue_all;
    Statement stamp_letters;
    Statement purge_one;
    Statement purge_all;
    Statement count;
    Statement trim_letters;
    Statement waiting_letters;
  };

  StoreDeadLetters(Database& database, Sql sql, std::string configured)
      : database_(&database), sql_(std::move(sql)), configured_(std::move(configured)) {}

  Result<std::uint64_t> refuse(const Confirmation& confirmation, const RejectedRow& rejected, WallTime now);
  Result<void> note_newest(const std::string& destination, const RowName& row, DeadLetterReport& report);
  Result<std::uint64_t> run(Statement& statement);

  Database* database_;
  Sql sql_;
  std::string configured_;  // a JSON array of names
};

}  // namespace sensors::persistence

// StoreClocks keeps the boots of the publishers' machines: when each began, whether rows wait for that, and gives the
// rows their times. Inside a transaction of its caller. Worker thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/adapters/sqlite/database.hpp"
#include "services/sensor-persistence/events.hpp"

namespace sensors::persistence {

class StoreClocks {
 public:
  /// Boots that are kept, those heard of last: rows of one that is forgotten neither wait nor get their times.
  static constexpr std::int64_t max_boots = 10'000;

  static Result<StoreClocks> prepare(Database& database);

  /// Boots with rows that wait.
  Result<std::vector<BootState>> waiting();

  /// When `boot` began; nothing when no clock has been right in it.
  Result<std::optional<WallTime>> began(const BootKey& boot);

  /// Rows of this stream, which is in the store, carry their uptime: they wait, unless those of their boot have waited
  /// long enough.
  Result<void> hold(const StreamRows& rows);

  Result<void> learn(const BootLearned& learned);

  /// The rows of `boot` wait no longer. False when none waited, or when they are about to get their times.
  Result<bool> release(const BootKey& boot);

  /// Never touches what any destination has been given.
  Result<RestampReport> restamp(const RestampStep& step);

  /// The first row behind `after_id` that waits for its time; 0 when there is none.
  Result<std::uint64_t> first_held(std::uint64_t after_id);

 private:
  struct Sql {
    Statement waiting;
    Statement hold;
    Statement id;
    Statement assign;
    Statement learn;
    Statement trim;
    Statement release;
    Statement find;
    Statement given;
    Statement unsynced;
    Statement stamp;
    Statement done;
    Statement first_held;
  };

  StoreClocks(Database& database, Sql sql) : database_(&database), sql_(std::move(sql)) {}

  Database* database_;  // must outlive this
  Sql sql_;
};

}  // namespace sensors::persistence

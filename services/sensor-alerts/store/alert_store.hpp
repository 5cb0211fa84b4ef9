// AlertStore is the durable memory of sensor-alerts, one SQLite file: what write() returned for is on the disk. It
// decides nothing. One thread, the worker, uses it.
#pragma once

#include <string>

#include "common/adapters/sqlite/database.hpp"
#include "services/sensor-alerts/events.hpp"

namespace sensors::alerts {

class AlertStore {
 public:
  /// Opens or makes the file. `new_store`: the id that a new one gets. Errors as Database::open(); corrupt also after a
  /// look for damage.
  static Result<AlertStore> open(const std::string& path, const std::string& new_store);

  /// What was found by open(). A row that cannot be read is left out, with a warning.
  const KnownAlerts& known() const { return known_; }

  /// All of `write` in one transaction, or none of it. Errors: disk_full, read_only, io, corrupt, timeout.
  Result<void> write(const AlertWrite& write);

 private:
  struct Sql {
    Statement put_state, put_episode, put_message, forget_episode, forget_message;
  };

  AlertStore(Database database, Sql sql) : database_(std::move(database)), sql_(std::move(sql)) {}
  Result<void> load(const std::string& new_store);
  Result<void> load_episodes();
  Result<void> load_messages();
  Result<void> write_all(const AlertWrite& write);

  Database database_;
  Sql sql_;
  KnownAlerts known_;
};

}  // namespace sensors::alerts

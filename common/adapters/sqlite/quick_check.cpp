// In SQLite 3.40 the check of a whole table is one instruction, in which no progress handler is asked (3.46 asks); it
// does heed sqlite3_interrupt(), which another thread may call while the connection is open.
#include "common/adapters/sqlite/quick_check.hpp"

#include <sqlite3.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/adapters/sqlite/sqlite_error.hpp"

namespace sensors {
namespace {

/// Interrupts `database` after `limit`, unless it is gone before.
class Interrupter {
 public:
  Interrupter(sqlite3* database, Millis limit)
      : thread_([this, database, limit] {
          std::unique_lock lock(mutex_);
          if (!done_.wait_for(lock, limit, [this] { return finished_; })) sqlite3_interrupt(database);
        }) {}

  ~Interrupter() {
    {
      const std::lock_guard lock(mutex_);
      finished_ = true;
    }
    done_.notify_one();
    thread_.join();
  }

  Interrupter(const Interrupter&) = delete;
  Interrupter& operator=(const Interrupter&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  bool finished_ = false;
  std::thread thread_;
};

}  // namespace

Result<void> quick_check(Database& database, Millis limit) {
  if (limit <= Millis{0}) return {};
  database.limit_time(limit);
  TRY_ASSIGN(Statement check, database.prepare("PRAGMA quick_check(1)"));
  const Interrupter interrupter(database.database_.get(), limit);
  TRY_ASSIGN(std::ignore, check.step());
  const std::string found = check.text(0);
  if (found == "ok") return {};
  return fail(ErrorCode::corrupt, database.path() + ": quick_check: " + found);
}

}  // namespace sensors

// Database::copy_to() and what it shares with back_up(), by SQLite's backup interface. A transaction that reads holds
// one moment: without it each commit of another process would make the copy begin anew.
#include "common/adapters/sqlite/copy_pages.hpp"

#include <sqlite3.h>

#include "common/adapters/sqlite/database.hpp"
#include "common/adapters/sqlite/sqlite_error.hpp"

namespace sensors {
namespace {

constexpr int pages_at_a_time = 1'000;
constexpr int wait_for_lock_ms = 5'000;

Result<void> copy_pages(sqlite3* from, sqlite3* to, const std::string& path, const std::function<bool()>& go_on) {
  sqlite3_backup* backup = sqlite3_backup_init(to, "main", from, "main");
  if (backup == nullptr) return last_error(to, path, "begin the copy");
  int code = SQLITE_OK;
  bool is_ended = false;
  while (code == SQLITE_OK && !is_ended) {
    code = sqlite3_backup_step(backup, pages_at_a_time);
    is_ended = code == SQLITE_OK && !go_on();
  }
  const int finished = sqlite3_backup_finish(backup);
  if (is_ended) return fail(ErrorCode::timeout, path + ": the copy was ended");
  if (code != SQLITE_DONE || finished != SQLITE_OK) return last_error(to, path, "copy");
  return {};
}

Result<void> copy_into(sqlite3* from, const std::string& path, const std::function<bool()>& go_on) {
  sqlite3* opened = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  const Handle copy(opened);
  if (opened == nullptr) return fail(ErrorCode::io, path + ": open: out of memory");
  if (code != SQLITE_OK) return last_error(opened, path, "make the copy");
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, wait_for_lock_ms);
  TRY(copy_pages(from, opened, path, go_on));
  // The copy is one file: it needs no log beside it to be read.
  if (sqlite3_exec(opened, "PRAGMA synchronous=FULL; PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr) ==
      SQLITE_OK)
    return {};
  return last_error(opened, path, "copy");
}

}  // namespace

void CloseHandle::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<void> copy_at_one_moment(sqlite3* from, const std::string& path, const std::function<bool()>& go_on,
                                const std::function<void()>& opened) {
  if (sqlite3_exec(from, "BEGIN; SELECT count(*) FROM sqlite_master;", nullptr, nullptr, nullptr) != SQLITE_OK) {
    tl::unexpected<Error> failed = last_error(from, "read");
    sqlite3_exec(from, "ROLLBACK", nullptr, nullptr, nullptr);
    return failed;
  }
  opened();
  Result<void> done = copy_into(from, path, go_on);
  sqlite3_exec(from, "ROLLBACK", nullptr, nullptr, nullptr);
  return done;
}

Result<void> Database::copy_to(const std::string& path, const std::function<bool()>& go_on) {
  restart_time_limit();
  return copy_at_one_moment(database_.get(), path, go_on);
}

}  // namespace sensors

// Database and Statement: SQLite's C API with Result and ownership. WAL, synchronous=FULL: what commit() returned
// for is on the disk. Not thread-safe: one thread, the worker, owns a connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/adapters/sqlite/open_files.hpp"
#include "common/adapters/sqlite/statement.hpp"
#include "common/core/result.hpp"
#include "common/core/time.hpp"

struct sqlite3;

namespace sensors {

class Database {
 public:
  struct Options {
    bool read_only = false;
    /// Wait for another connection's lock. 0 .. 60 s.
    int busy_timeout_ms = 5'000;
    /// A transaction, from begin() on, or what follows restart_time_limit(), ends with ErrorCode::timeout when it takes
    /// longer. Checked while SQLite computes: a call that hangs in the kernel shows as an overdue obligation instead.
    /// 1 ms .. 1 h.
    Millis time_limit{20'000};
    /// Page cache, in KiB. 64 .. 65,536.
    int cache_kib = 2'048;
    /// Whether commit() looks if the files still have their names. Not for a file that is only being filled.
    bool checks_names = true;
    /// Identifies the kind of file (PRAGMA application_id); a file with another one is refused. 0: not checked.
    std::int32_t application_id = 0;
  };

  /// Opens or makes `path` and brings its schema up to date: migration i (from 0) takes version i to i + 1, each in
  /// a transaction with its new PRAGMA user_version. A file that knows more of them is opened when its table
  /// `compatibility` says that older programs may. Names the file in each error: permission, read_only, disk_full, io,
  /// corrupt (not a database, truncated), newer_schema (it does not say so), invalid (another application_id).
  static Result<Database> open(const std::string& path, const std::vector<std::string_view>& migrations,
                               Options options);

  /// Opens a damaged file for reading what is left: no check, no schema of ours, nothing is written to it.
  static Result<Database> open_damaged(const std::string& path, Millis time_limit);

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  Result<Statement> prepare(std::string_view sql);

  /// Runs statements that return nothing.
  Result<void> execute(const std::string& sql);

  /// Begins a transaction, and its time limit.
  Result<void> begin();

  /// io also when it was committed into a file that has lost its name, see check_names(): not durable then.
  Result<void> commit();
  void rollback();

  /// Options::time_limit from now; for what runs outside a transaction.
  void restart_time_limit();

  /// Another limit, from now to the next begin() or restart_time_limit().
  void limit_time(Millis limit);

  /// Statements end with ErrorCode::timeout soon after `should_stop` returns true; it is asked about every 0.1 ms.
  void stop_when(std::function<bool()> should_stop);

  /// Rows changed by the last statement that changed any.
  std::int64_t changes() const;

  /// Bytes of the database file's pages, free ones excluded.
  Result<std::int64_t> used_bytes();

  /// Gives some free pages back to the file system, when there are many: a few are better kept for the rows to come.
  Result<void> give_back_space();

  /// Moves the whole write-ahead log into the database and syncs it. After a failed sync the log may have a tear that
  /// only a power cut would show: nothing may be added to it before this.
  Result<void> sync_log();

  /// Whether the files that are open for writing still have their names: io when one was deleted, moved away or
  /// replaced, or the database emptied. Asks the file system, which may block.
  Result<void> check_names() const;

  /// Whether the database file has its name and was not emptied, whatever became of its log.
  bool database_is_in_place() const;

  /// Copies all that is committed into the new file `path`, of one moment and synced, without a log beside it; its
  /// folder is not synced. Other connections may go on writing. `go_on` is asked every few MiB; false ends it, as a
  /// timeout. On an error part of the copy may be left. Errors: disk_full, io, read_only, permission, not_found,
  /// corrupt.
  Result<void> copy_to(const std::string& path, const std::function<bool()>& go_on);

  /// As it was opened with.
  std::string path() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Database(sqlite3* database, Millis time_limit);
  Result<void> prepare_file(const std::string& path, const std::vector<std::string_view>& migrations,
                            const Options& options);

  struct Limits;
  friend Result<void> quick_check(Database& database, Millis limit);

  std::unique_ptr<Limits> limits_;
  std::unique_ptr<sqlite3, Close> database_;
  std::optional<OpenFiles> files_;  // of a connection that writes
};

/// The single integer that `sql` answers with; 0 when it has no row.
Result<std::int64_t> query_integer(Database& database, std::string_view sql);

}  // namespace sensors

// Database and Statement: SQLite's C API with Result and ownership. WAL, synchronous=FULL: what commit() returned
// for is on the disk. Not thread-safe: one thread, the worker, owns a connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace sensors {

/// A prepared statement. Parameters and columns are numbered as in SQLite: from 1 and from 0. Values bound as text
/// are not copied: they must live until step() has returned done.
class Statement {
 public:
  enum class Step { row, done };

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, double value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind_null(int parameter);

  /// disk_full, read_only, io, corrupt, busy as timeout, rejected for a constraint.
  Result<Step> step();

  /// step() until done, then reset(): for statements that return nothing.
  Result<void> run();
  void reset();

  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;
  /// One of these: the fundamental types of SQLite, with its numbers.
  static constexpr int integer_type = 1;
  static constexpr int real_type = 2;
  static constexpr int text_type = 3;
  static constexpr int blob_type = 4;
  static constexpr int null_type = 5;
  int type(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  struct Options {
    bool read_only = false;
    /// Wait for another connection's lock. 0 .. 60 s.
    int busy_timeout_ms = 5'000;
    /// Page cache, in KiB. 64 .. 65,536.
    int cache_kib = 2'048;
    /// Identifies the kind of file (PRAGMA application_id); a file with another one is refused. 0: not checked.
    std::int32_t application_id = 0;
  };

  /// Opens or makes `path` and brings its schema up to date: migration i (from 0) takes version i to i + 1, each in
  /// a transaction with its new PRAGMA user_version. Names the file in each error: permission, read_only, disk_full,
  /// io, corrupt (not a database, truncated), newer_schema (user_version above the number of migrations), invalid
  /// (another application_id).
  static Result<Database> open(const std::string& path, const std::vector<std::string_view>& migrations,
                               Options options);

  Result<Statement> prepare(std::string_view sql);

  /// Runs statements that return nothing.
  Result<void> execute(const std::string& sql);

  Result<void> begin();
  Result<void> commit();
  void rollback();

  /// Statements end with ErrorCode::timeout soon after `should_stop` returns true; it is asked about every 0.1 ms.
  void stop_when(std::function<bool()> should_stop);

  /// Rows changed by the last statement that changed any.
  std::int64_t changes() const;

  /// Bytes of the database file's pages, free ones excluded.
  Result<std::int64_t> used_bytes();

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}
  Result<void> prepare_file(const std::string& path, const std::vector<std::string_view>& migrations,
                            const Options& options);

  std::unique_ptr<std::function<bool()>> should_stop_;  // SQLite keeps its address
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace sensors

// Opening: a new file gets auto_vacuum=INCREMENTAL before anything is written (SQLite ignores it later), then WAL.
// Known by its application_id and PRAGMA user_version, the number of migrations applied.
#include "common/adapters/sqlite/database.hpp"

#include <sqlite3.h>

#include <chrono>
#include <utility>

#include "common/adapters/sqlite/database_file.hpp"
#include "common/adapters/sqlite/sqlite_error.hpp"

namespace sensors {

/// What the progress handler asks, at an address that SQLite keeps.
struct Database::Limits {
  Millis time_limit{};
  std::chrono::steady_clock::time_point give_up_at = std::chrono::steady_clock::time_point::max();
  std::function<bool()> should_stop;

  bool reached() const { return (should_stop && should_stop()) || std::chrono::steady_clock::now() >= give_up_at; }
};

Database::Database(sqlite3* database, Millis time_limit) : limits_(std::make_unique<Limits>()), database_(database) {
  constexpr int instructions = 4'000;  // of SQLite's virtual machine, between two questions
  limits_->time_limit = time_limit;
  const auto ask = [](void* limits) { return static_cast<const Limits*>(limits)->reached() ? 1 : 0; };
  sqlite3_progress_handler(database, instructions, ask, limits_.get());
}

Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&& other) noexcept {
  // The old connection goes before the limits that its progress handler asks.
  database_ = std::move(other.database_);
  limits_ = std::move(other.limits_);
  files_ = std::move(other.files_);
  return *this;
}
Database::~Database() = default;

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);  // waits for statements that are still alive
}

Result<Database> Database::open(const std::string& path, const std::vector<std::string_view>& migrations,
                                Options options) {
  sqlite3* handle = nullptr;
  const int flags =
      (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  if (handle == nullptr) return fail(ErrorCode::io, path + ": open: out of memory");
  Database database(handle, options.time_limit);
  if (code != SQLITE_OK) return last_error(handle, path, "open");
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, options.busy_timeout_ms);
  database.restart_time_limit();
  TRY(database.prepare_file(path, migrations, options));
  if (options.read_only || !options.checks_names) return database;
  TRY_ASSIGN(database.files_, OpenFiles::of(handle));
  return database;
}

Result<Database> Database::open_damaged(const std::string& path, Millis time_limit) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  if (handle == nullptr) return fail(ErrorCode::io, path + ": open: out of memory");
  Database database(handle, time_limit);
  if (code != SQLITE_OK) return last_error(handle, path, "open");
  sqlite3_extended_result_codes(handle, 1);
  // With a writable schema (nothing is written) SQLite also takes a file that is shorter than its header says.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, nullptr);
  database.restart_time_limit();
  TRY(database.execute("PRAGMA cell_size_check=ON"));
  return database;
}

Result<void> Database::prepare_file(const std::string& path, const std::vector<std::string_view>& migrations,
                                    const Options& options) {
  if (!options.read_only && sqlite3_db_readonly(database_.get(), "main") == 1) {
    return fail(ErrorCode::read_only, path + ": open: cannot be written" + advice(ErrorCode::read_only) +
                                          sandbox_advice(ErrorCode::read_only, path));
  }
  TRY_ASSIGN(const std::int64_t version, query_integer(*this, "PRAGMA user_version"));
  TRY(check_version(*this, path, version, migrations.size(), options.read_only));
  TRY_ASSIGN(const bool is_new, check_kind(*this, path, version, options.application_id));
  TRY(check_size(*this, path));
  TRY(execute("PRAGMA cache_size=-" + std::to_string(options.cache_kib) + "; PRAGMA temp_store=MEMORY;"));
  if (options.read_only) return {};

  if (is_new) TRY(execute("PRAGMA auto_vacuum=INCREMENTAL"));
  TRY(use_wal(*this, path));
  // A checkpoint each 1,000 pages (SQLite's default, said here because the limit on the WAL rests on it) keeps it near
  // 4 MiB; after a burst, such as a reader that held it open, it shrinks back to journal_size_limit.
  TRY(execute("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=1000; PRAGMA journal_size_limit=8388608;"));
  return migrate(*this, path, version, migrations, options.application_id);
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return last_error(database_.get(), std::string(sql));
  return Statement(statement);
}

Result<void> Database::execute(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return last_error(database_.get(), sql.substr(0, 100));
}

Result<void> Database::begin() {
  restart_time_limit();
  // IMMEDIATE: the lock now, with the busy timeout, instead of a refusal at the first write.
  return execute(sqlite3_db_readonly(database_.get(), "main") == 1 ? "BEGIN" : "BEGIN IMMEDIATE");
}

Result<void> Database::commit() {
  Result<void> done = execute("COMMIT");
  return done.has_value() ? check_names() : done;
}

void Database::rollback() {
  // A full disk or an I/O error may have ended the transaction already.
  if (sqlite3_get_autocommit(database_.get()) == 0)
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::stop_when(std::function<bool()> should_stop) { limits_->should_stop = std::move(should_stop); }

void Database::restart_time_limit() { limit_time(limits_->time_limit); }

void Database::limit_time(Millis limit) { limits_->give_up_at = std::chrono::steady_clock::now() + limit; }

Result<void> Database::check_names() const { return files_.has_value() ? files_->check() : Result<void>{}; }

bool Database::database_is_in_place() const { return !files_.has_value() || files_->database_is_in_place(); }

std::string Database::path() const {
  const char* path = sqlite3_db_filename(database_.get(), "main");
  return path == nullptr ? "database" : path;
}

std::int64_t Database::changes() const { return sqlite3_changes64(database_.get()); }

Result<std::int64_t> Database::used_bytes() {
  std::int64_t values[3] = {0, 0, 0};
  const char* const pragmas[3] = {"PRAGMA page_count", "PRAGMA freelist_count", "PRAGMA page_size"};
  for (int i = 0; i < 3; ++i) {
    TRY_ASSIGN(values[i], query_integer(*this, pragmas[i]));
  }
  return (values[0] - values[1]) * values[2];
}

Result<void> Database::give_back_space() {
  constexpr std::int64_t few_pages = 1'000;
  TRY_ASSIGN(const std::int64_t free_pages, query_integer(*this, "PRAGMA freelist_count"));
  TRY_ASSIGN(const std::int64_t all_pages, query_integer(*this, "PRAGMA page_count"));
  if (free_pages < few_pages || free_pages < all_pages / 10) return {};
  restart_time_limit();
  return execute("PRAGMA incremental_vacuum(500)");
}

Result<void> Database::sync_log() {
  restart_time_limit();
  TRY_ASSIGN(Statement statement, prepare("PRAGMA wal_checkpoint(TRUNCATE)"));
  TRY_ASSIGN(std::ignore, statement.step());
  if (statement.integer(0) == 0) return {};
  return fail(ErrorCode::timeout, path() + ": its log cannot be emptied while another program reads the database");
}

Result<std::int64_t> query_integer(Database& database, std::string_view sql) {
  TRY_ASSIGN(Statement statement, database.prepare(sql));
  TRY_ASSIGN(const Statement::Step step, statement.step());
  return step == Statement::Step::row ? statement.integer(0) : 0;
}

}  // namespace sensors

// Opening: a new file gets auto_vacuum=INCREMENTAL before anything is written (SQLite ignores it later), then WAL.
// Known by its application_id and PRAGMA user_version, the number of migrations applied.
//
// A truncated file: SQLite itself compares the page count in the header with the file's size. With a WAL to recover
// it trusts the WAL's page count, so check_size() adds: each page beyond the end of the file must be in the WAL.
#include "common/adapters/sqlite/database.hpp"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sensors {
namespace {

/// A failing system call says more than SQLite's code: a full disk shows as SQLITE_IOERR too.
ErrorCode code_of_errno(int error, ErrorCode otherwise) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: return ErrorCode::disk_full;
    case EROFS: return ErrorCode::read_only;
    case EACCES:
    case EPERM: return ErrorCode::permission;
    case ENOENT:
    case ENOTDIR: return ErrorCode::not_found;
    default: return otherwise;
  }
}

ErrorCode code_of(int extended_code, int system_errno) {
  switch (extended_code & 0xff) {
    case SQLITE_FULL: return ErrorCode::disk_full;
    case SQLITE_READONLY: return ErrorCode::read_only;
    case SQLITE_CANTOPEN: return code_of_errno(system_errno, ErrorCode::io);
    case SQLITE_IOERR: {
      const ErrorCode code = code_of_errno(system_errno, ErrorCode::io);
      return code == ErrorCode::not_found ? ErrorCode::io : code;
    }
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorCode::corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT: return ErrorCode::timeout;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH: return ErrorCode::rejected;
    case SQLITE_PERM:
    case SQLITE_AUTH: return ErrorCode::permission;
    case SQLITE_TOOBIG: return ErrorCode::too_large;
    case SQLITE_ERROR:
    case SQLITE_RANGE:
    case SQLITE_MISUSE: return ErrorCode::invalid;
    default: return ErrorCode::io;
  }
}

const char* advice(ErrorCode code) {
  switch (code) {
    case ErrorCode::disk_full: return "; free space on its file system";
    case ErrorCode::read_only:
    case ErrorCode::permission: return "; this user must be able to write the file and its folder";
    case ErrorCode::not_found: return "; make its folder";
    case ErrorCode::corrupt: return "; it is damaged: move it away, and keep it for a repair with sqlite3's .recover";
    default: return "";
  }
}

/// SQLite tries a file that it may not make once more as read-only, and then reports that there is none. What the
/// system says of writing in the folder is the cause.
int cause_of_missing_file(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  return ::access(folder.c_str(), W_OK | X_OK) == 0 ? ENOENT : errno;
}

/// The last error of `database`, as "PATH: doing: what; what to do".
tl::unexpected<Error> last_error(sqlite3* database, const std::string& path, const std::string& doing) {
  int system_errno = sqlite3_system_errno(database);
  if (system_errno == ENOENT) system_errno = cause_of_missing_file(path);
  const ErrorCode code = code_of(sqlite3_extended_errcode(database), system_errno);
  const int primary = sqlite3_errcode(database) & 0xff;
  std::string message = path + ": " + doing + ": " + sqlite3_errmsg(database);
  if (system_errno != 0 && (primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR)) {
    message += std::string(" (") + std::strerror(system_errno) + ")";
  }
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) message += "; another program holds its lock";
  return fail(code, message + advice(code));
}

std::string path_of(sqlite3* database) {
  const char* path = sqlite3_db_filename(database, "main");
  return path == nullptr ? "database" : path;
}

tl::unexpected<Error> last_error(sqlite3* database, const std::string& doing) {
  return last_error(database, path_of(database), doing);
}

/// The single integer that `sql` answers with.
Result<std::int64_t> query_integer(Database& database, std::string_view sql) {
  Result<Statement> statement = database.prepare(sql);
  if (!statement.has_value()) return tl::unexpected<Error>(statement.error());
  const Result<Statement::Step> step = statement->step();
  if (!step.has_value()) return tl::unexpected<Error>(step.error());
  return *step == Statement::Step::row ? statement->integer(0) : 0;
}

std::int64_t size_of_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::int64_t>(status.st_size) : 0;
}

/// corrupt when pages are missing that the WAL cannot have.
Result<void> check_size(Database& database, const std::string& path) {
  const Result<std::int64_t> pages = query_integer(database, "PRAGMA page_count");
  if (!pages.has_value()) return tl::unexpected<Error>(pages.error());
  const Result<std::int64_t> page_size = query_integer(database, "PRAGMA page_size");
  if (!page_size.has_value()) return tl::unexpected<Error>(page_size.error());
  // https://sqlite.org/fileformat2.html section 4.1: a 32-byte header, then frames of a 24-byte header and a page.
  const std::int64_t in_wal = (size_of_file(path + "-wal") + *page_size) / (*page_size + 24);
  const std::int64_t in_file = size_of_file(path) / *page_size;
  if (in_file + in_wal >= *pages) return {};
  return fail(ErrorCode::corrupt, path + ": truncated: has " + std::to_string(in_file) + " of " +
                                      std::to_string(*pages) + " pages" + advice(ErrorCode::corrupt));
}

/// Whether nothing has been made in the file yet; invalid when it is another program's.
Result<bool> check_kind(Database& database, const std::string& path, std::int64_t version, std::int32_t expected_id) {
  const Result<std::int64_t> objects = query_integer(database, "SELECT count(*) FROM sqlite_master");
  if (!objects.has_value()) return tl::unexpected<Error>(objects.error());
  const Result<std::int64_t> id = query_integer(database, "PRAGMA application_id");
  if (!id.has_value()) return tl::unexpected<Error>(id.error());
  const bool is_new = *objects == 0 && version == 0 && *id == 0;
  if (expected_id != 0 && !is_new && *id != expected_id) {
    return fail(ErrorCode::invalid, path + ": is a database of another program or service (application_id " +
                                        std::to_string(*id) + ", ours is " + std::to_string(expected_id) +
                                        "); name another file in the configuration");
  }
  return is_new;
}

Result<void> check_version(const std::string& path, std::int64_t version, std::size_t migrations, bool read_only) {
  const auto ours = static_cast<std::int64_t>(migrations);
  if (version > ours) {
    return fail(ErrorCode::newer_schema, path + ": has schema version " + std::to_string(version) +
                                             ", and this program knows " + std::to_string(ours) +
                                             "; install the version that wrote it, or a later one");
  }
  if (version < 0) return fail(ErrorCode::corrupt, path + ": has schema version " + std::to_string(version));
  if (version < ours && read_only) {
    return fail(ErrorCode::invalid, path + ": has schema version " + std::to_string(version) + " of " +
                                        std::to_string(ours) +
                                        ", and is opened read-only; start its service once to bring it up to date");
  }
  return {};
}

Result<void> use_wal(Database& database, const std::string& path) {
  Result<Statement> statement = database.prepare("PRAGMA journal_mode=WAL");
  if (!statement.has_value()) return tl::unexpected<Error>(statement.error());
  const Result<Statement::Step> step = statement->step();
  if (!step.has_value()) return tl::unexpected<Error>(step.error());
  if (*step == Statement::Step::row && statement->text(0) == "wal") return {};
  return fail(ErrorCode::io,
              path + ": its file system cannot hold a write-ahead log (no shared memory); use a local one");
}

Result<void> migrate(Database& database, const std::string& path, std::int64_t version,
                     const std::vector<std::string_view>& migrations, std::int32_t application_id) {
  for (auto next = static_cast<std::size_t>(version); next < migrations.size(); ++next) {
    Result<void> done = database.begin();
    if (done.has_value()) done = database.execute(std::string(migrations[next]));
    if (done.has_value()) done = database.execute("PRAGMA application_id=" + std::to_string(application_id));
    if (done.has_value()) done = database.execute("PRAGMA user_version=" + std::to_string(next + 1));
    if (done.has_value()) done = database.commit();
    if (!done.has_value()) {
      database.rollback();
      return fail(done.error().code,
                  path + ": to schema version " + std::to_string(next + 1) + ": " + done.error().message);
    }
  }
  return {};
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

// Binding fails only on a mistake of ours: a wrong number, or a statement that was not reset.

Statement& Statement::bind(int parameter, std::int64_t value) {
  [[maybe_unused]] const int code = sqlite3_bind_int64(statement_.get(), parameter, value);
  assert(code == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  [[maybe_unused]] const int code = sqlite3_bind_double(statement_.get(), parameter, value);
  assert(code == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  const char* data = text.data() == nullptr ? "" : text.data();  // a null pointer would bind NULL
  [[maybe_unused]] const int code =
      sqlite3_bind_text64(statement_.get(), parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  assert(code == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  [[maybe_unused]] const int code = sqlite3_bind_null(statement_.get(), parameter);
  assert(code == SQLITE_OK);
  return *this;
}

Result<Statement::Step> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return Step::row;
  if (code == SQLITE_DONE) return Step::done;
  return last_error(sqlite3_db_handle(statement_.get()), sqlite3_sql(statement_.get()));
}

Result<void> Statement::run() {
  while (true) {
    const Result<Step> step = this->step();
    if (step.has_value() && *step == Step::row) continue;
    reset();
    if (!step.has_value()) return tl::unexpected<Error>(step.error());
    return {};
  }
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }
static_assert(Statement::integer_type == SQLITE_INTEGER && Statement::real_type == SQLITE_FLOAT &&
              Statement::text_type == SQLITE_TEXT && Statement::blob_type == SQLITE_BLOB &&
              Statement::null_type == SQLITE_NULL);
int Statement::type(int column) const { return sqlite3_column_type(statement_.get(), column); }
bool Statement::is_null(int column) const { return type(column) == null_type; }

std::string Statement::text(int column) const {
  const unsigned char* data = sqlite3_column_text(statement_.get(), column);  // before the size: it may convert
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr ? std::string()
                         : std::string(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
}

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
  Database database(handle);
  if (code != SQLITE_OK) return last_error(handle, path, "open");
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, options.busy_timeout_ms);
  const Result<void> ready = database.prepare_file(path, migrations, options);
  if (!ready.has_value()) return tl::unexpected<Error>(ready.error());
  return database;
}

Result<void> Database::prepare_file(const std::string& path, const std::vector<std::string_view>& migrations,
                                    const Options& options) {
  if (!options.read_only && sqlite3_db_readonly(database_.get(), "main") == 1) {
    return fail(ErrorCode::read_only, path + ": open: cannot be written" + advice(ErrorCode::read_only));
  }
  const Result<std::int64_t> version = query_integer(*this, "PRAGMA user_version");
  if (!version.has_value()) return tl::unexpected<Error>(version.error());
  if (Result<void> known = check_version(path, *version, migrations.size(), options.read_only); !known.has_value())
    return known;
  const Result<bool> is_new = check_kind(*this, path, *version, options.application_id);
  if (!is_new.has_value()) return tl::unexpected<Error>(is_new.error());
  if (Result<void> whole = check_size(*this, path); !whole.has_value()) return whole;
  Result<void> done =
      execute("PRAGMA cache_size=-" + std::to_string(options.cache_kib) + "; PRAGMA temp_store=MEMORY;");
  if (options.read_only || !done.has_value()) return done;

  if (*is_new) done = execute("PRAGMA auto_vacuum=INCREMENTAL");
  if (done.has_value()) done = use_wal(*this, path);
  // A checkpoint each 1,000 pages (SQLite's default, said here because the limit on the WAL rests on it) keeps it near
  // 4 MiB; after a burst, such as a reader that held it open, it shrinks back to journal_size_limit.
  if (done.has_value()) {
    done = execute("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=1000; PRAGMA journal_size_limit=8388608;");
  }
  if (done.has_value()) done = migrate(*this, path, *version, migrations, options.application_id);
  return done;
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
  // IMMEDIATE: the lock now, with the busy timeout, instead of a refusal at the first write.
  return execute(sqlite3_db_readonly(database_.get(), "main") == 1 ? "BEGIN" : "BEGIN IMMEDIATE");
}

Result<void> Database::commit() { return execute("COMMIT"); }

void Database::rollback() {
  // A full disk or an I/O error may have ended the transaction already.
  if (sqlite3_get_autocommit(database_.get()) == 0)
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::stop_when(std::function<bool()> should_stop) {
  constexpr int instructions = 4'000;  // of SQLite's virtual machine, between two questions
  should_stop_ = std::make_unique<std::function<bool()>>(std::move(should_stop));
  const auto ask = [](void* question) { return (*static_cast<std::function<bool()>*>(question))() ? 1 : 0; };
  sqlite3_progress_handler(database_.get(), instructions, ask, should_stop_.get());
}

std::int64_t Database::changes() const { return sqlite3_changes64(database_.get()); }

Result<std::int64_t> Database::used_bytes() {
  std::int64_t values[3] = {0, 0, 0};
  const char* const pragmas[3] = {"PRAGMA page_count", "PRAGMA freelist_count", "PRAGMA page_size"};
  for (int i = 0; i < 3; ++i) {
    Result<std::int64_t> value = query_integer(*this, pragmas[i]);
    if (!value.has_value()) return value;
    values[i] = *value;
  }
  return (values[0] - values[1]) * values[2];
}

}  // namespace sensors

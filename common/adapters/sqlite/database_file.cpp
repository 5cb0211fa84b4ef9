// A truncated file: SQLite itself compares the page count in the header with the file's size. With a WAL to recover
// it trusts the WAL's page count, so check_size() adds: each page beyond the end of the file must be in the WAL.
//
// A schema says which older programs may use it: table `compatibility`, one row, `oldest_reader` = the number of
// migrations that a program must know. Migration 1 makes it; only a migration that older programs cannot live with
// raises it (ADR 9). A file without it is for programs that know all its migrations.
#include "common/adapters/sqlite/database_file.hpp"

#include <sys/stat.h>

#include "common/adapters/sqlite/sqlite_error.hpp"

namespace sensors {
namespace {

std::int64_t size_of_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::int64_t>(status.st_size) : 0;
}

/// What a file of schema version `version` says about it.
Result<std::int64_t> oldest_reader(Database& database, std::int64_t version) {
  const Result<std::int64_t> tables =
      query_integer(database, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'compatibility'");
  if (!tables.has_value() || *tables == 0) return tables.has_value() ? version : tables;
  return query_integer(database,
                       "SELECT coalesce(max(oldest_reader), " + std::to_string(version) + ") FROM compatibility");
}

}  // namespace

Result<void> check_size(Database& database, const std::string& path) {
  TRY_ASSIGN(const std::int64_t pages, query_integer(database, "PRAGMA page_count"));
  TRY_ASSIGN(const std::int64_t page_size, query_integer(database, "PRAGMA page_size"));
  // https://sqlite.org/fileformat2.html section 4.1: a 32-byte header, then frames of a 24-byte header and a page.
  const std::int64_t in_wal = (size_of_file(path + "-wal") + page_size) / (page_size + 24);
  const std::int64_t in_file = size_of_file(path) / page_size;
  if (in_file + in_wal >= pages) return {};
  return fail(ErrorCode::corrupt, path + ": truncated: has " + std::to_string(in_file) + " of " +
                                      std::to_string(pages) + " pages" + advice(ErrorCode::corrupt));
}

Result<bool> check_kind(Database& database, const std::string& path, std::int64_t version, std::int32_t expected_id) {
  TRY_ASSIGN(const std::int64_t objects, query_integer(database, "SELECT count(*) FROM sqlite_master"));
  TRY_ASSIGN(const std::int64_t id, query_integer(database, "PRAGMA application_id"));
  const bool is_new = objects == 0 && version == 0 && id == 0;
  if (expected_id != 0 && !is_new && id != expected_id) {
    return fail(ErrorCode::invalid, path + ": is a database of another program or service (application_id " +
                                        std::to_string(id) + ", ours is " + std::to_string(expected_id) +
                                        "); name another file in the configuration");
  }
  return is_new;
}

Result<void> check_version(Database& database, const std::string& path, std::int64_t version, std::size_t migrations,
                           bool read_only) {
  const auto ours = static_cast<std::int64_t>(migrations);
  if (version > ours) {
    TRY_ASSIGN(const std::int64_t oldest, oldest_reader(database, version));
    if (oldest <= ours) return {};
    return fail(ErrorCode::newer_schema, path + ": has schema version " + std::to_string(version) +
                                             ", which needs a program that knows version " + std::to_string(oldest) +
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
  TRY_ASSIGN(Statement statement, database.prepare("PRAGMA journal_mode=WAL"));
  TRY_ASSIGN(const Statement::Step step, statement.step());
  if (step == Statement::Step::row && statement.text(0) == "wal") return {};
  return fail(ErrorCode::io,
              path + ": its file system cannot hold a write-ahead log (no shared memory); use a local one");
}

namespace {

Result<void> take_step(Database& database, std::string_view migration, std::size_t version,
                       std::int32_t application_id) {
  TRY(database.begin());
  TRY(database.execute(std::string(migration)));
  TRY(database.execute("PRAGMA application_id=" + std::to_string(application_id)));
  TRY(database.execute("PRAGMA user_version=" + std::to_string(version)));
  return database.commit();
}

}  // namespace

Result<void> migrate(Database& database, const std::string& path, std::int64_t version,
                     const std::vector<std::string_view>& migrations, std::int32_t application_id) {
  for (auto next = static_cast<std::size_t>(version); next < migrations.size(); ++next) {
    const Result<void> done = take_step(database, migrations[next], next + 1, application_id);
    if (!done.has_value()) {
      database.rollback();
      return fail(done.error().code,
                  path + ": to schema version " + std::to_string(next + 1) + ": " + done.error().message);
    }
  }
  return {};
}

}  // namespace sensors

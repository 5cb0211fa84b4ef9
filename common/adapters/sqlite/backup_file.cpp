// A copy has no log beside it, so one that is only read needs no folder that can be written: it may be on a read-only
// medium ("immutable": nobody else has it open).
#include "common/adapters/sqlite/backup_file.hpp"

#include <sqlite3.h>

#include <cctype>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "common/adapters/sqlite/copy_pages.hpp"
#include "common/adapters/sqlite/plain_file.hpp"
#include "common/adapters/sqlite/sqlite_error.hpp"

namespace sensors {
namespace {

constexpr int busy_timeout_ms = 10'000;
constexpr int instructions = 100'000;  // of SQLite's virtual machine, between two looks at the clock

/// SQLITE_OPEN_NOFOLLOW takes no link anywhere in the path: those before the file are followed here, the file's is not.
Result<Handle> open_file(const std::string& path, int flags, bool is_alone) {
  TRY_ASSIGN(std::ignore, plain_file(path));
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path folder = fs::canonical(fs::absolute(path).parent_path(), failed);
  if (failed) return file_error(path, "find its folder", failed.value());
  std::string uri = "file:";
  for (const char c : (folder / fs::path(path).filename()).string()) {
    constexpr const char* digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = std::isalnum(byte) != 0 || c == '/' || c == '.' || c == '-' || c == '_';
    uri += is_plain ? std::string(1, c) : std::string{'%', digits[byte >> 4], digits[byte & 15]};
  }
  flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_URI;
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2((uri + (is_alone ? "?immutable=1" : "")).c_str(), &opened, flags, nullptr);
  Handle handle(opened);
  if (opened == nullptr) return fail(ErrorCode::io, path + ": open: out of memory");
  if (code != SQLITE_OK) return last_error(opened, path, "open");
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, busy_timeout_ms);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return handle;
}

Result<Handle> open_copy(const std::string& path) { return open_file(path, SQLITE_OPEN_READONLY, true); }

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// Column 0 of the first row, as text; "" without one.
Result<std::string> answer(sqlite3* database, const std::string& path, const std::string& query) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(database, query.c_str(), -1, &prepared, nullptr) != SQLITE_OK)
    return last_error(database, path, "read");
  const std::unique_ptr<sqlite3_stmt, FinalizeStatement> statement(prepared);
  const int code = sqlite3_step(prepared);
  if (code == SQLITE_DONE) return std::string();
  if (code != SQLITE_ROW) return last_error(database, path, "read");
  const unsigned char* text = sqlite3_column_text(prepared, 0);
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

Result<void> check_kind(sqlite3* database, const std::string& path, std::int32_t application_id) {
  TRY_ASSIGN(const std::string id, answer(database, path, "PRAGMA application_id"));
  if (id == std::to_string(application_id)) return {};
  return fail(ErrorCode::invalid, path + ": is a database of another kind (application_id " + id + ")");
}

}  // namespace

Result<void> back_up(const std::string& from, const std::string& to, std::int32_t application_id,
                     const std::function<bool()>& go_on, const std::function<void()>& opened) {
  TRY_ASSIGN(Handle source, open_file(from, SQLITE_OPEN_READONLY, false));
  TRY(check_kind(source.get(), from, application_id));
  return copy_at_one_moment(source.get(), to, go_on, opened);
}

Result<void> check_backup(const std::string& path, std::int32_t application_id, Millis limit) {
  TRY_ASSIGN(Handle copy, open_copy(path));
  TRY(check_kind(copy.get(), path, application_id));
  auto give_up_at = std::chrono::steady_clock::now() + limit;
  const auto is_late = [](void* at) {
    return std::chrono::steady_clock::now() >= *static_cast<std::chrono::steady_clock::time_point*>(at) ? 1 : 0;
  };
  sqlite3_progress_handler(copy.get(), instructions, is_late, &give_up_at);
  const Result<std::string> found = answer(copy.get(), path, "PRAGMA integrity_check(1)");
  sqlite3_progress_handler(copy.get(), 0, nullptr, nullptr);
  TRY(found);
  if (*found == "ok") return {};
  return fail(ErrorCode::corrupt, path + ": integrity_check: " + *found);
}

Result<std::vector<std::int64_t>> integers_of(const std::string& path, const std::vector<std::string>& queries) {
  TRY_ASSIGN(Handle copy, open_copy(path));
  std::vector<std::int64_t> integers;
  for (const std::string& query : queries) {
    TRY_ASSIGN(const std::string text, answer(copy.get(), path, query));
    integers.push_back(text.empty() ? 0 : std::strtoll(text.c_str(), nullptr, 10));
  }
  return integers;
}

Result<std::string> text_of(const std::string& path, const std::string& query) {
  TRY_ASSIGN(Handle copy, open_copy(path));
  return answer(copy.get(), path, query);
}

Result<void> change_backup(const std::string& path, const std::string& sql) {
  TRY_ASSIGN(Handle copy, open_file(path, SQLITE_OPEN_READWRITE, false));
  const std::string all = "PRAGMA synchronous=FULL; BEGIN IMMEDIATE; " + sql + "; COMMIT;";
  if (sqlite3_exec(copy.get(), all.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return last_error(copy.get(), path, "change");
}

}  // namespace sensors

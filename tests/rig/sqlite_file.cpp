// Read-only queries with SQLite's C API; a locked file is waited for, as long as a service commits.
#include "tests/rig/sqlite_file.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include "tests/rig/rig_error.hpp"

namespace sensors::rig {
namespace {

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Connection = std::unique_ptr<sqlite3, Close>;
using Query = std::unique_ptr<sqlite3_stmt, Finalize>;

[[noreturn]] void refuse(const std::string& path, const std::string& sql, sqlite3* database) {
  throw RigError(path + ": " + sql + ": " + sqlite3_errmsg(database));
}

std::string text_of(sqlite3_stmt* query, int column) {
  const unsigned char* text = sqlite3_column_text(query, column);
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

}  // namespace

bool SqliteFile::exists() const { return access(path_.c_str(), R_OK) == 0; }

std::vector<std::vector<std::string>> SqliteFile::rows(const std::string& sql) const {
  sqlite3* opened = nullptr;
  const int result = sqlite3_open_v2(path_.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
  const Connection connection(opened);
  if (result != SQLITE_OK) refuse(path_, "open", opened);
  sqlite3_busy_timeout(opened, 10'000);
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(opened, sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK) refuse(path_, sql, opened);
  const Query query(prepared);
  std::vector<std::vector<std::string>> rows;
  int step = sqlite3_step(prepared);
  for (; step == SQLITE_ROW; step = sqlite3_step(prepared)) {
    std::vector<std::string>& row = rows.emplace_back();
    for (int column = 0; column < sqlite3_column_count(prepared); ++column) row.push_back(text_of(prepared, column));
  }
  if (step != SQLITE_DONE) refuse(path_, sql, opened);
  return rows;
}

std::int64_t SqliteFile::number(const std::string& sql) const {
  const std::vector<std::vector<std::string>> result = rows(sql);
  if (result.empty() || result[0].empty() || result[0][0].empty()) return 0;
  return std::stoll(result[0][0]);
}

}  // namespace sensors::rig

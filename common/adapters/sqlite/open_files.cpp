// SQLite does not tell the inode of what it has open, only whether the database is another file than its name's
// (SQLITE_FCNTL_HAS_MOVED): asked once, behind the look at the names, so that what was noted is what is open. The -wal
// and the -shm are made anew only by a connection that finds none, and deleted only by the last one that closes.
#include "common/adapters/sqlite/open_files.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include "common/adapters/sqlite/sqlite_error.hpp"

namespace sensors {
namespace {

constexpr off_t smallest_database = 512;  // bytes: one page. SQLite never makes a file smaller that once had one

tl::unexpected<Error> lost_its_name(const std::string& path) {
  return fail(ErrorCode::io, path + ": was deleted, moved away or replaced while it is in use");
}

}  // namespace

Result<OpenFiles> OpenFiles::of(sqlite3* database) {
  OpenFiles open;
  // Of a database that had no log so far SQLite opens one with the first read.
  sqlite3_exec(database, "SELECT count(*) FROM sqlite_master", nullptr, nullptr, nullptr);
  const std::string path = sqlite3_db_filename(database, "main");
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    if (::stat((path + suffix).c_str(), &status) != 0) return lost_its_name(path + suffix);
    open.files_.push_back({path + suffix, status.st_dev, status.st_ino});
  }
  int has_moved = 0;
  sqlite3_file_control(database, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
  if (has_moved != 0) return lost_its_name(path);
  return open;
}

bool OpenFiles::has_name(const File& file) {
  struct stat status {};
  return ::stat(file.path.c_str(), &status) == 0 && status.st_dev == file.device && status.st_ino == file.inode;
}

Result<void> OpenFiles::check() const {
  for (const File& file : files_) {
    if (!has_name(file)) return lost_its_name(file.path);
  }
  if (!database_is_in_place()) return fail(ErrorCode::io, files_.front().path + ": was emptied while it is in use");
  return {};
}

bool OpenFiles::database_is_in_place() const {
  struct stat status {};
  const File& database = files_.front();
  return has_name(database) && ::stat(database.path.c_str(), &status) == 0 && status.st_size >= smallest_database;
}

}  // namespace sensors

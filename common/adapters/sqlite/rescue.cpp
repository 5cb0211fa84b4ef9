// While the database has its name, only its log lost its own: the log goes into the database, and a new one begins.
//
// Otherwise the copy is complete and synced before anything gets another name, itself included; then what has the name
// goes aside, and only then is the connection closed: SQLite deletes no files by name for a database that has moved. A
// crash in between is finished by finish_replacement().
#include "common/adapters/sqlite/rescue.hpp"

#include <unistd.h>

#include <cerrno>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "common/adapters/sqlite/disk_figures.hpp"
#include "common/adapters/sqlite/quick_check.hpp"
#include "common/adapters/sqlite/sqlite_error.hpp"

namespace sensors {
namespace {

constexpr std::int64_t spare_bytes = 16 * 1024 * 1024;
constexpr Millis check_limit{20'000};

void delete_files(const std::string& path, const std::vector<const char*>& suffixes) {
  for (const char* suffix : suffixes) ::unlink((path + suffix).c_str());
}

/// The error of a copy, as corrupt when it is the open files that fail.
tl::unexpected<Error> copy_failed(Database& open, const Error& error) {
  const auto unreadable = [&open](const Error& why) {
    return fail(ErrorCode::corrupt,
                open.path() + ": lost its name or was emptied, and can no longer be read: " + why.message);
  };
  if (error.code == ErrorCode::corrupt) return unreadable(error);
  if (error.code == ErrorCode::io) {  // of the open files, or of the copy?
    const Result<void> readable = quick_check(open, check_limit);
    if (!readable.has_value() && readable.error().code != ErrorCode::timeout) return unreadable(readable.error());
  }
  return fail(error.code, open.path() + ": lost its name; to copy what is still open: " + error.message);
}

/// Of a file that became shorter SQLite reads pages that are missing as empty ones, and copies them.
Result<void> check_copy(const std::string& copy) {
  TRY_ASSIGN(Database database, Database::open_damaged(copy, check_limit));
  Result<void> sound = quick_check(database, check_limit);
  if (sound.has_value() || sound.error().code == ErrorCode::timeout) return {};
  return sound;
}

Result<std::string> keep_without_log(Database& open, const Rescue& how) {
  TRY(open.sync_log());
  how.close();
  delete_files(how.path, {"-wal", "-shm"});  // another's: they would be taken for this database's own
  return how.path + ": what its deleted log had is in the database now; nothing is lost";
}

Result<std::string> put_back(Database& open, const Rescue& how, std::int64_t bytes) {
  const std::string copy = unfinished_copy_of(how.path);
  delete_files(copy, {"", "-wal", "-shm", "-journal"});
  const auto go_on = [&how] {
    how.progressed();
    return true;
  };
  Result<void> done = open.copy_to(copy, go_on);
  if (done.has_value()) done = check_copy(copy);
  if (done.has_value() && ::rename(copy.c_str(), replacement_of(how.path).c_str()) != 0)
    done = file_error(copy, "rename to " + replacement_of(how.path), errno);
  if (!done.has_value()) {
    delete_files(copy, {"", "-wal", "-shm", "-journal"});
    return copy_failed(open, done.error());
  }
  TRY_ASSIGN(std::string aside, replace_lost(how.path, how.now, how.close));
  std::string said = how.path + ": " + std::to_string(bytes / 1024) +
                     " KiB were copied from the file that was still open into a new one of this name; nothing is lost";
  if (!aside.empty()) said += "; the file that had the name meanwhile is " + aside + " now";
  return said;
}

}  // namespace

Result<std::string> rescue(Database& open, const Rescue& how) {
  if (open.database_is_in_place()) return keep_without_log(open, how);
  const Result<std::int64_t> bytes = open.used_bytes();
  if (!bytes.has_value()) return copy_failed(open, bytes.error());
  if (Result<void> room = require_room_beside(how.path, *bytes + spare_bytes); !room.has_value()) {
    return fail(room.error().code,
                how.path + ": lost its name, and there is no room to copy what is still open: " + room.error().message);
  }
  return put_back(open, how, *bytes);
}

}  // namespace sensors

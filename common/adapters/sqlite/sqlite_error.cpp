#include "common/adapters/sqlite/sqlite_error.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace sensors {
namespace {

/// A failing system call says more than SQLite's code: a full disk shows as SQLITE_IOERR too.
ErrorCode code_of(int extended_code, int system_errno) {
  switch (extended_code & 0xff) {
    case SQLITE_FULL: return ErrorCode::disk_full;
    case SQLITE_READONLY: return ErrorCode::read_only;
    case SQLITE_CANTOPEN: return code_of_errno(system_errno, ErrorCode::io);
    case SQLITE_IOERR: {
      // After a failed sync nobody knows what is on the disk, whatever the reason was: never just "disk full".
      if (extended_code == SQLITE_IOERR_FSYNC || extended_code == SQLITE_IOERR_DIR_FSYNC) return ErrorCode::io;
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

/// SQLite tries a file that it may not make once more as read-only, and then reports that there is none. What the
/// system says of writing in the folder is the cause.
int cause_of_missing_file(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  return ::access(folder.c_str(), W_OK | X_OK) == 0 ? ENOENT : errno;
}

std::string path_of(sqlite3* database) {
  const char* path = sqlite3_db_filename(database, "main");
  return path == nullptr ? "database" : path;
}

}  // namespace

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

std::string sandbox_advice(ErrorCode code, const std::string& path) {
  const bool is_refused = code == ErrorCode::read_only || code == ErrorCode::permission || code == ErrorCode::not_found;
  if (!is_refused || std::getenv("INVOCATION_ID") == nullptr) return {};  // systemd.exec(5): set for every unit
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "its folder" : path.substr(0, slash);
  const std::string unit = program_invocation_short_name;
  return "; outside its own state directory the unit's sandbox lets it write only what a drop-in names: systemctl "
         "edit " +
         unit + ", [Service], ReadWritePaths=" + folder + ", and systemctl restart " + unit;
}

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
  return fail(code, message + advice(code) + sandbox_advice(code, path));
}

tl::unexpected<Error> last_error(sqlite3* database, const std::string& doing) {
  return last_error(database, path_of(database), doing);
}

}  // namespace sensors

#include "common/adapters/sqlite/plain_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "common/adapters/sqlite/sqlite_error.hpp"

namespace sensors {
namespace {

constexpr mode_t permissions = 07777;

const char* kind_of(mode_t mode) {
  if (S_ISLNK(mode)) return "a symbolic link";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISSOCK(mode)) return "a socket";
  return "something else";
}

/// O_PATH: nothing is opened, so nothing waits and no device does anything.
Result<struct stat> status_of(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), O_PATH | O_CLOEXEC | flags);
  if (file < 0) return file_error(path, "look at it", errno);
  struct stat status {};
  const int error = ::fstat(file, &status) == 0 ? 0 : errno;
  ::close(file);
  if (error != 0) return file_error(path, "look at it", error);
  return status;
}

PlainFile described(const struct stat& status) {
  return {status.st_uid, status.st_gid, status.st_mode & permissions, static_cast<std::int64_t>(status.st_size)};
}

}  // namespace

Result<PlainFile> folder_of_file(const std::string& path) {
  TRY_ASSIGN(const struct stat status, status_of(folder_of(path), O_DIRECTORY));
  return described(status);
}

Result<PlainFile> plain_file(const std::string& path) {
  TRY_ASSIGN(const struct stat status, status_of(path, O_NOFOLLOW));
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::invalid, path + ": is " + kind_of(status.st_mode) +
                                        ", not a file: it is not opened; name the file itself in the configuration, or "
                                        "find out who put this there");
  }
  TRY_ASSIGN(PlainFile folder, folder_of_file(path));
  if (status.st_uid != 0 && status.st_uid != folder.owner) {
    return fail(ErrorCode::invalid, path + ": belongs to user " + std::to_string(status.st_uid) +
                                        ", its folder to user " + std::to_string(folder.owner) +
                                        ": it is not opened; chown it to who owns the folder");
  }
  return described(status);
}

}  // namespace sensors

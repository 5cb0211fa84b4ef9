#include "services/sensorctl/backup/files.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

namespace sensors::backup {
namespace {

constexpr std::int64_t mib = 1024 * 1024;
constexpr std::int64_t spare_bytes = 16 * mib;

ErrorCode code_of(int error) {
  switch (error) {
    case ENOENT: return ErrorCode::not_found;
    case EACCES:
    case EPERM: return ErrorCode::permission;
    case EROFS: return ErrorCode::read_only;
    case ENOSPC:
    case EDQUOT: return ErrorCode::disk_full;
    default: return ErrorCode::io;
  }
}

}  // namespace

tl::unexpected<Error> failed_call(const std::string& path, const std::string& doing, int error) {
  return fail(code_of(error), path + ": " + doing + ": " + std::strerror(error));
}

Result<void> write_new_file(const std::string& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return failed_call(path, "make it", errno);
  int error = 0;
  while (error == 0 && !text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    if (written <= 0) error = written < 0 ? errno : EIO;
  }
  if (::close(file) != 0 && error == 0) error = errno;
  if (error != 0) return failed_call(path, "write it", error);
  return sync_file(path);
}

Result<void> sync_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  if (file < 0) return failed_call(path, "sync", errno);
  const int error = ::fsync(file) == 0 ? 0 : errno;
  ::close(file);
  if (error != 0 && error != EINVAL) return failed_call(path, "sync", error);  // EINVAL: of a file system without it
  return {};
}

Result<void> require_room(const std::string& folder, std::int64_t bytes) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return failed_call(folder, "ask for its free space", errno);
  const auto room = static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize);
  if (room >= bytes + spare_bytes) return {};
  return fail(ErrorCode::disk_full, fmt::format("{}: {} MiB are needed, and {} MiB are free; make room", folder,
                                                (bytes + spare_bytes) / mib + 1, room / mib));
}

std::string parent_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

std::string without_last_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace sensors::backup

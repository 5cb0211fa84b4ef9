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

}  // namespace

Result<void> write_new_file(const std::string& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return file_error(path, "make it", errno);
  int error = write_all(file, text);
  if (::close(file) != 0 && error == 0) error = errno;
  if (error != 0) return file_error(path, "write it", error);
  return sync_file(path);
}

Result<void> sync_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  if (file < 0) return file_error(path, "sync", errno);
  const int error = ::fsync(file) == 0 ? 0 : errno;
  ::close(file);
  if (error != 0 && error != EINVAL) return file_error(path, "sync", error);  // EINVAL: of a file system without it
  return {};
}

Result<void> require_room(const std::string& folder, std::int64_t bytes) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return file_error(folder, "ask for its free space", errno);
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

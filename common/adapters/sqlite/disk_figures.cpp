#include "common/adapters/sqlite/disk_figures.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "common/adapters/sqlite/sqlite_error.hpp"

namespace sensors {

namespace {

constexpr std::uint64_t block_bytes = 512;  // stat(2): st_blocks counts these

std::uint64_t allocated_bytes(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_blocks) * block_bytes : 0;
}

}  // namespace

DiskFigures measure_disk(const std::string& path) {
  DiskFigures figures;
  figures.file_bytes = allocated_bytes(path) + allocated_bytes(path + "-wal");
  struct statvfs disk {};
  if (::statvfs(path.c_str(), &disk) == 0) {
    figures.free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    figures.size_bytes = std::uint64_t{disk.f_blocks} * disk.f_frsize;
  }
  return figures;
}

Result<void> require_room_beside(const std::string& path, std::int64_t bytes) {
  constexpr std::int64_t mib = 1024 * 1024;
  const std::string folder = folder_of(path);
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return file_error(folder, "ask for its free space", errno);
  const std::int64_t room = static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize);
  if (room >= bytes) return {};
  return fail(ErrorCode::disk_full, std::to_string(bytes / mib + 1) + " MiB are needed in " + folder + ", " +
                                        std::to_string(room / mib) + " MiB are free; make room");
}

}  // namespace sensors

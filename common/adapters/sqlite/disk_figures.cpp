#include "common/adapters/sqlite/disk_figures.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

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

}  // namespace sensors

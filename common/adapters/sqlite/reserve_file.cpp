#include "common/adapters/sqlite/reserve_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "common/adapters/sqlite/sqlite_error.hpp"

namespace sensors {
namespace {

/// Whether `path` is a file of `size_bytes` whose blocks are all there.
bool is_allocated(const std::string& path, std::int64_t size_bytes) {
  constexpr std::int64_t block_bytes = 512;  // stat(2): st_blocks counts these
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_size == size_bytes &&
         status.st_blocks * block_bytes >= size_bytes;
}

}  // namespace

ReserveFile::ReserveFile(std::string path, std::int64_t size_bytes)
    : path_(std::move(path)), size_bytes_(size_bytes), held_(size_bytes > 0 && is_allocated(path_, size_bytes)) {}

Result<void> ReserveFile::restore() {
  if (held_ || size_bytes_ <= 0) return {};
  const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return file_error(path_, "make the reserve", errno);
  int error = ::posix_fallocate(file, 0, size_bytes_);  // returns the error, and leaves errno alone
  if (error == 0 && ::fsync(file) != 0) error = errno;
  ::close(file);
  if (error != 0) {
    ::unlink(path_.c_str());
    return file_error(path_, "set aside " + std::to_string(size_bytes_) + " bytes", error);
  }
  held_ = true;
  return {};
}

Result<void> ReserveFile::release() {
  held_ = false;
  if (::unlink(path_.c_str()) == 0 || errno == ENOENT) return {};
  return file_error(path_, "release the reserve", errno);
}

}  // namespace sensors

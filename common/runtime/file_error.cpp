#include "common/runtime/file_error.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sensors {

ErrorCode code_of_errno(int error, ErrorCode otherwise) {
  switch (error) {
    case EFBIG:  // no file may be larger, on this file system or for this user
    case ENOSPC:
    case EDQUOT: return ErrorCode::disk_full;
    case EROFS: return ErrorCode::read_only;
    case EACCES:
    case EPERM: return ErrorCode::permission;
    case ENOENT:
    case ENOTDIR: return ErrorCode::not_found;
    default: return otherwise;
  }
}

tl::unexpected<Error> file_error(const std::string& path, const std::string& doing, int error) {
  return fail(code_of_errno(error), path + ": " + doing + ": " + std::strerror(error));
}

int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : EIO;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace sensors

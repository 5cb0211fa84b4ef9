#include "common/runtime/small_file.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fmt/core.h>

#include "common/runtime/file_descriptor.hpp"
#include "common/runtime/file_error.hpp"

namespace sensors {
namespace {

tl::unexpected<Error> fail_with_errno(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR) return fail(ErrorCode::not_found, path + ": there is no such file");
  if (error == EACCES || error == EPERM) {
    return fail(ErrorCode::permission, path + ": may not be read by this user; change its owner or mode");
  }
  return fail(ErrorCode::io, path + ": " + std::strerror(error));
}

}  // namespace

Result<SmallFile> read_small_file(const std::string& path, std::size_t largest_bytes) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.value < 0) return fail_with_errno(path, errno);
  struct stat status {};
  if (::fstat(file.value, &status) != 0) return fail_with_errno(path, errno);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::io, path + ": is not a regular file");
  SmallFile content{{}, status.st_mode};
  std::array<char, 16'384> buffer{};
  while (true) {
    const ssize_t count = ::read(file.value, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_with_errno(path, errno);
    if (count == 0) return content;
    content.text.append(buffer.data(), static_cast<std::size_t>(count));
    if (content.text.size() > largest_bytes) {
      return fail(ErrorCode::too_large, fmt::format("{}: is larger than {} bytes", path, largest_bytes));
    }
  }
}

Result<void> replace_file(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  {
    const FileDescriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.value < 0) return file_error(beside, "open", errno);
    if (const int error = write_all(file.value, text); error != 0) return file_error(beside, "write", error);
    if (::fsync(file.value) != 0) return file_error(beside, "sync", errno);
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return file_error(beside, "rename to " + path, errno);
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const FileDescriptor directory(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.value < 0 || ::fsync(directory.value) != 0) return file_error(path, "sync its folder", errno);
  return {};
}

}  // namespace sensors

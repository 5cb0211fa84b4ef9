#include "common/runtime/small_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>

#include <fmt/core.h>

namespace sensors {
namespace {

struct FileDescriptor {
  int value;
  explicit FileDescriptor(int descriptor) : value(descriptor) {}
  ~FileDescriptor() {
    if (value >= 0) ::close(value);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
};

tl::unexpected<Error> fail_with_errno(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR) return fail(ErrorCode::not_found, path + ": there is no such file");
  if (error == EACCES || error == EPERM) {
    return fail(ErrorCode::permission, path + ": may not be read by this user; change its owner or mode");
  }
  return fail(ErrorCode::io, path + ": " + std::strerror(error));
}

tl::unexpected<Error> failure(const char* verb, const std::string& path) {
  const int number = errno;
  ErrorCode code = ErrorCode::io;
  if (number == ENOSPC || number == EDQUOT) code = ErrorCode::disk_full;
  if (number == EROFS) code = ErrorCode::read_only;
  if (number == EACCES || number == EPERM) code = ErrorCode::permission;
  return fail(code, fmt::format("{} {}: {}", verb, path, std::strerror(number)));
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
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
    if (file.value < 0) return failure("open", beside);
    if (!write_all(file.value, text)) return failure("write", beside);
    if (::fsync(file.value) != 0) return failure("sync", beside);
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return failure("rename", beside);
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const FileDescriptor directory(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.value < 0 || ::fsync(directory.value) != 0) return failure("sync the directory of", path);
  return {};
}

}  // namespace sensors

#include "services/sensor-http-bridge/state_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace sensors::bridge {

namespace {

class File {
 public:
  File(const std::string& path, int flags) : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

tl::unexpected<Error> failure(const char* verb, const std::string& path) {
  const int number = errno;
  ErrorCode code = ErrorCode::io;
  if (number == ENOSPC || number == EDQUOT) code = ErrorCode::disk_full;
  if (number == EROFS) code = ErrorCode::read_only;
  if (number == EACCES || number == EPERM) code = ErrorCode::permission;
  return fail(code, std::string(verb) + " " + path + ": " + std::strerror(number));
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

/// Nothing when there is no such file.
Result<std::optional<std::string>> read_state(const std::string& path) {
  const File file(path, O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT) return std::optional<std::string>{};
    return failure("open", path);
  }
  std::array<char, 4'096> buffer{};  // far more than it ever holds
  const ssize_t size = ::read(file.descriptor(), buffer.data(), buffer.size());
  if (size < 0) return failure("read", path);
  return std::optional(std::string(buffer.data(), static_cast<std::size_t>(size)));
}

}  // namespace

Result<void> replace_file(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  {
    const File file(beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open()) return failure("open", beside);
    if (!write_all(file.descriptor(), text)) return failure("write", beside);
    if (::fsync(file.descriptor()) != 0) return failure("sync", beside);
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return failure("rename", beside);
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const File directory(parent.empty() ? "." : parent.string(), O_RDONLY | O_DIRECTORY);
  if (!directory.is_open() || ::fsync(directory.descriptor()) != 0) return failure("sync the directory of", path);
  return {};
}

Result<std::optional<SavedBreaker>> load_saved_breaker(const std::string& path) {
  const Result<std::optional<std::string>> text = read_state(path);
  if (!text.has_value()) return tl::unexpected<Error>(text.error());
  if (!text->has_value()) return std::optional<SavedBreaker>{};
  const Result<SavedBreaker> saved = decode_saved_breaker(**text);
  if (!saved.has_value()) return fail(saved.error().code, path + ": " + saved.error().message);
  return std::optional<SavedBreaker>{*saved};
}

Result<std::vector<WriteHome>> load_write_homes(const std::string& path) {
  const Result<std::optional<std::string>> text = read_state(path);
  if (!text.has_value()) return tl::unexpected<Error>(text.error());
  if (!text->has_value()) return std::vector<WriteHome>{};
  Result<std::vector<WriteHome>> homes = decode_write_homes(**text);
  if (!homes.has_value()) return fail(homes.error().code, path + ": " + homes.error().message);
  return homes;
}

}  // namespace sensors::bridge

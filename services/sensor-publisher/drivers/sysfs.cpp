#include "services/sensor-publisher/drivers/sysfs.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <system_error>

namespace sensors {

namespace {

constexpr std::size_t max_file_bytes = 4096;  // the kernel's own limit for one sysfs attribute

tl::unexpected<Error> fail_errno(const std::string& what, int error) {
  const std::string message = what + ": " + std::generic_category().message(error);
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case ENOTDIR: return fail(ErrorCode::not_found, message + "; is the device there, and its kernel driver loaded?");
    case EACCES:
    case EPERM: return fail(ErrorCode::permission, message + "; the service's user must be able to read it");
    case ENODATA: return fail(ErrorCode::rejected, message + "; it is switched off");
    case ETIMEDOUT: return fail(ErrorCode::timeout, message + "; the device does not answer, check its wiring");
    default: return fail(ErrorCode::io, message + "; check the device's wiring");
  }
}

}  // namespace

Result<std::string> read_small_file(const std::filesystem::path& file) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return fail_errno("open " + file.string(), errno);
  std::array<char, max_file_bytes + 1> buffer;
  std::size_t size = 0;
  ssize_t got = 0;
  do {
    got = read(fd, buffer.data() + size, buffer.size() - size);
    if (got > 0) size += static_cast<std::size_t>(got);
  } while ((got > 0 && size < buffer.size()) || (got < 0 && errno == EINTR));
  const int error = errno;
  close(fd);
  if (got < 0) return fail_errno("read " + file.string(), error);
  if (size > max_file_bytes)
    return fail(ErrorCode::too_large, "read " + file.string() + ": more than 4096 bytes, not a sensor");
  while (size > 0 && std::string_view(" \n\r\t\0", 5).find(buffer[size - 1]) != std::string_view::npos) --size;
  return std::string(buffer.data(), size);
}

Result<double> parse_number(std::string_view text, const std::string& what) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && std::isfinite(number)) return number;
  std::string shown(text.substr(0, 40));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return fail(ErrorCode::malformed, what + ": '" + shown + "' is not a finite number");
}

Result<double> read_number(const std::filesystem::path& file) {
  TRY_ASSIGN(const std::string text, read_small_file(file));
  return parse_number(text, "read " + file.string());
}

Result<std::vector<std::string>> list_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return fail_errno("list " + folder.string(), error.value());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace sensors

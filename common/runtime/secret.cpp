#include "common/runtime/secret.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include <fmt/core.h>

#include "common/core/ascii.hpp"
#include "common/runtime/small_file.hpp"

namespace sensors {
namespace {

constexpr std::size_t largest_secret_bytes = 64 * 1024;

}  // namespace

Result<std::string> read_secret(const std::string& path) {
  TRY_ASSIGN(const SmallFile content, read_small_file(path, largest_secret_bytes));
  // The group may read: systemd gives credentials mode 0440.
  if ((content.mode & S_IROTH) != 0) {
    return fail(ErrorCode::permission, fmt::format("{0}: everybody may read this secret; do: chmod o= {0}", path));
  }
  std::string secret = content.text.substr(0, content.text.find('\n'));
  if (!secret.empty() && secret.back() == '\r') secret.pop_back();
  if (secret.empty()) return fail(ErrorCode::invalid, path + ": the first line is empty; it must be the secret");
  if (secret.starts_with("\xEF\xBB\xBF")) {
    return fail(ErrorCode::invalid,
                path +
                    ": the secret begins with a byte order mark, as editors on Windows write it: save the file as "
                    "UTF-8 without one");
  }
  if (secret.front() == ' ' || secret.back() == ' ')
    return fail(ErrorCode::invalid, path + ": a blank stands before or behind the secret: remove it");
  if (std::any_of(secret.begin(), secret.end(), is_control_ascii)) {
    return fail(ErrorCode::invalid, path + ": the secret holds control characters");
  }
  return secret;
}

Result<std::string> read_secret_or_credential(const std::string& path, const std::string& credential) {
  if (!path.empty()) return read_secret(path);
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr) return std::string();
  const std::string file = std::string(folder) + "/" + credential;
  const Result<SmallFile> content = read_small_file(file, largest_secret_bytes);
  const bool is_absent = !content.has_value() && content.error().code == ErrorCode::not_found;
  if (is_absent || (content.has_value() && content->text.find_first_not_of(" \t\r\n") == std::string::npos)) {
    return std::string();
  }
  return read_secret(file);
}

}  // namespace sensors

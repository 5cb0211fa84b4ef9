#include "common/runtime/files_check.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "common/runtime/command_line.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/secret.hpp"
#include "common/runtime/small_file.hpp"

namespace sensors {

namespace {

constexpr std::size_t largest_authority_bytes = 16 * 1024 * 1024;  // all authorities of a machine are in one file

struct User {
  uid_t id = 0;
  std::vector<gid_t> groups;
};

/// Nothing for a name that nobody has.
std::optional<User> user_of(const std::string& name) {
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) return std::nullopt;
  User user{entry->pw_uid, std::vector<gid_t>(256)};
  int count = static_cast<int>(user.groups.size());
  if (::getgrouplist(name.c_str(), entry->pw_gid, user.groups.data(), &count) < 0) return std::nullopt;
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

/// By the mode alone: `wanted` is of rwx, 4 2 1.
bool mode_allows(const struct stat& status, const User& user, unsigned wanted) {
  const bool is_in_group = std::count(user.groups.begin(), user.groups.end(), status.st_gid) > 0;
  const unsigned shift = status.st_uid == user.id ? 6U : is_in_group ? 3U : 0U;
  return user.id == 0 || ((status.st_mode >> shift) & wanted) == wanted;
}

bool may_write(const std::string& path, const struct stat& status, const std::optional<User>& user) {
  const bool is_folder = S_ISDIR(status.st_mode);
  if (user.has_value()) return mode_allows(status, *user, is_folder ? 3U : 2U);
  return ::faccessat(AT_FDCWD, path.c_str(), is_folder ? W_OK | X_OK : W_OK, AT_EACCESS) == 0;
}

}  // namespace

void FilesCheck::look_at(const MqttConfig& mqtt) {
  if (!mqtt.password_file.empty()) {
    if (const Result<std::string> secret = read_secret(mqtt.password_file); !secret.has_value())
      add("mqtt.password_file", secret.error().message);
  }
  readable("mqtt.ca_file", mqtt.ca_file);
}

void FilesCheck::readable(const std::string& key, const std::string& path) {
  if (path.empty()) return;
  if (const Result<SmallFile> file = read_small_file(path, largest_authority_bytes); !file.has_value())
    add(key, file.error().message);
}

void FilesCheck::in_folder(const std::string& key, const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const std::string folder = parent.empty() ? "." : parent;
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::status(folder, failed);
  if (status.type() == std::filesystem::file_type::not_found) {
    add(key, path + ": the folder " + folder + " is not there: make it, for the service's user, or mount its disk");
  } else if (status.type() != std::filesystem::file_type::directory) {
    add(key, path + ": " + folder + (failed ? ": " + failed.message() : " is no folder"));
  }
}

void FilesCheck::writable_file(const std::string& key, const std::string& path, const std::string& user_name) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (is_made_at_start(folder)) return;
  const std::size_t before = mistakes_.size();
  in_folder(key, path);
  if (mistakes_.size() != before) return;
  struct stat status {};
  const bool is_there = ::stat(path.c_str(), &status) == 0;
  if (is_there && S_ISDIR(status.st_mode)) return add(key, path + " is a folder: name a file in it");
  const std::string& written = is_there ? path : folder;
  if (!is_there && ::stat(folder.c_str(), &status) != 0) return;
  const std::optional<User> user = user_of(user_name);
  if (!may_write(written, status, user))
    add(key, written + " cannot be written by " + (user.has_value() ? "the user " + user_name : "this user") +
                 ": give it to that user (chown), or name another file");
}

bool is_made_at_start(const std::string& folder) {
  const std::filesystem::path path = std::filesystem::path(folder).lexically_normal();
  std::error_code failed;
  return path.string().starts_with("/var/lib/sensor-project/") &&
         std::filesystem::symlink_status(path, failed).type() == std::filesystem::file_type::not_found;
}

void FilesCheck::add(const std::string& key, const std::string& mistake) {
  if (mistake.empty()) return;
  if (!mistakes_.empty()) mistakes_ += '\n';
  mistakes_.append(config_file_).append(": ").append(key).append(": ").append(mistake);
}

Result<std::string> FilesCheck::finish() const {
  if (!mistakes_.empty()) return fail(ErrorCode::invalid, mistakes_);
  return config_file_ + ": no mistakes";
}

int tell_checked(const Result<std::string>& outcome) {
  log_lines(outcome.has_value() ? LogLevel::info : LogLevel::error,
            outcome.has_value() ? *outcome : outcome.error().message);
  return outcome.has_value() ? EXIT_SUCCESS : exit_bad_configuration;
}

}  // namespace sensors

#include "common/runtime/user_rights.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

namespace sensors {

namespace {

// Of rwx.
constexpr unsigned reading = 4;
constexpr unsigned writing = 2;
constexpr unsigned running = 1;

bool has_access_list(const std::string& path) {
  return ::getxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) > 0;
}

}  // namespace

UserRights::UserRights(const std::string& name) : name_(name), user_(user_of(name)) {}

std::optional<UserRights::User> UserRights::user_of(const std::string& name) {
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) return std::nullopt;
  User user{entry->pw_uid, std::vector<gid_t>(256)};
  int count = static_cast<int>(user.groups.size());
  if (::getgrouplist(name.c_str(), entry->pw_gid, user.groups.data(), &count) < 0) return std::nullopt;
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

bool UserRights::is_root() const { return (user_.has_value() ? user_->id : ::geteuid()) == 0; }

std::string UserRights::who() const { return is_known() ? "the user " + name_ : "this user"; }

bool UserRights::may(const std::string& path, const struct stat& status, unsigned wanted) const {
  if (!user_.has_value()) {
    const int mode = ((wanted & reading) != 0 ? R_OK : 0) | ((wanted & writing) != 0 ? W_OK : 0) |
                     ((wanted & running) != 0 ? X_OK : 0);
    return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
  }
  const bool anyone_runs = S_ISDIR(status.st_mode) || (status.st_mode & 0111U) != 0;
  if (user_->id == 0) return (wanted & running) == 0 || anyone_runs;
  const bool is_in_group = std::count(user_->groups.begin(), user_->groups.end(), status.st_gid) > 0;
  const unsigned shift = status.st_uid == user_->id ? 6U : is_in_group ? 3U : 0U;
  return ((status.st_mode >> shift) & wanted) == wanted || has_access_list(path);
}

bool UserRights::may_write(const std::string& path, const struct stat& status) const {
  return may(path, status, S_ISDIR(status.st_mode) ? writing | running : writing);
}

/// The first folder on the way to `path` that the user may not enter; empty: none.
std::string UserRights::closed_folder(const std::string& path) const {
  std::filesystem::path folder;
  std::error_code failed;
  for (const std::filesystem::path& part : std::filesystem::absolute(path, failed).parent_path()) {
    folder /= part;
    struct stat status {};
    if (::stat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && !may(folder.string(), status, running))
      return folder.string();
  }
  return "";
}

std::string UserRights::reading_mistake(const std::string& path) const {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "";
  if (const std::string folder = closed_folder(path); !folder.empty())
    return fmt::format("{}: {} may not enter the folder {}: put the file elsewhere, or chmod a+x {}", path, who(),
                       folder, folder);
  if (may(path, status, reading)) return "";
  return fmt::format("{} cannot be read by {}: give it to that user, sudo chown {} {}", path, who(),
                     is_known() ? name_ : "$USER", path);
}

std::string UserRights::running_mistake(const std::string& path) const {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "";
  if (S_ISDIR(status.st_mode)) return path + " is a folder: name the program in it";
  if (const std::string folder = closed_folder(path); !folder.empty())
    return fmt::format("{}: {} may not enter the folder {}: put the program into /usr/local/lib/sensor-project", path,
                       who(), folder);
  if (may(path, status, running)) return "";
  return fmt::format("{} cannot be run by {}: sudo chmod a+rx {}", path, who(), path);
}

}  // namespace sensors

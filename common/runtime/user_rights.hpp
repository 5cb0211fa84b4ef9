// UserRights is what a service's user may do with a file, judged by whoever asks: root checks a configuration, and the
// service reads it as its own user. By modes alone; a file or folder with an access list counts as allowed, and so does
// what may not be looked at. What a unit forbids is UnitSandbox's to say. Start-up, one thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

struct stat;

namespace sensors {

class UserRights {
 public:
  /// Of `name`; of this process where nobody has that name.
  explicit UserRights(const std::string& name);

  /// Whether `name` is a user of this machine.
  bool is_known() const { return user_.has_value(); }

  bool is_root() const;

  /// "the user sensor-publisher" or "this user".
  std::string who() const;

  /// For people: what keeps the user from it, and what to do; empty: nothing. A file that is not there is no matter.
  std::string reading_mistake(const std::string& path) const;
  std::string running_mistake(const std::string& path) const;

  /// Whether a file or a folder may be written.
  bool may_write(const std::string& path, const struct stat& status) const;

 private:
  struct User {
    uid_t id = 0;
    std::vector<gid_t> groups{};
  };
  static std::optional<User> user_of(const std::string& name);
  bool may(const std::string& path, const struct stat& status, unsigned wanted) const;
  std::string closed_folder(const std::string& path) const;

  std::string name_;
  std::optional<User> user_;
};

}  // namespace sensors

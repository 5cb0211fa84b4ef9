// A temporary folder has a file `in-use`, locked as long as its demo lives. Where the folder is kept it has none.
#include "demo/demo_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <utility>
#include <vector>

#include "demo/demo_place.hpp"
#include "tests/rig/rig_error.hpp"

namespace sensors::demo {
namespace {

namespace fs = std::filesystem;

constexpr const char* prefix = "sensor-demo";
constexpr const char* lock_name = "in-use";
constexpr int most_tries = 10;

/// `folder` as it is now.
Place place_at(const std::string& folder) {
  struct statvfs disk {};
  if (access(folder.c_str(), W_OK | X_OK) != 0 || statvfs(folder.c_str(), &disk) != 0) {
    return {folder, std::strerror(errno), 0};
  }
  return {folder, "", static_cast<std::uintmax_t>(disk.f_bavail) * disk.f_frsize >> 20U};
}

std::string parent_folder() {
  std::vector<Place> places;
  for (const char* folder :
       std::initializer_list<const char*>{std::getenv("TMPDIR"), std::getenv("XDG_RUNTIME_DIR"), "/tmp"}) {
    if (folder != nullptr && *folder != '\0') places.push_back(place_at(folder));
  }
  const Result<std::string> chosen = choose_place(places);
  if (!chosen.has_value()) throw rig::RigError(chosen.error().message);
  return *chosen;
}

/// -1 when somebody else holds it, or it is not there.
int lock(const std::string& path, int flags) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
  if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0) return file;
  if (file >= 0) close(file);
  return -1;
}

void remove_what_was_left(const std::string& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    struct stat status {};
    if (!entry.path().filename().string().starts_with(std::string(prefix) + ".")) continue;
    if (lstat(entry.path().c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != getuid()) continue;
    const int held = lock(entry.path() / lock_name, 0);
    if (held < 0) continue;
    fs::remove_all(entry.path(), ignored);
    close(held);
  }
}

/// A lock on a file that is still there: whoever takes a folder for left behind holds its lock, and removes it.
bool is_still_there(int file, const std::string& path) {
  struct stat held {};
  struct stat there {};
  return fstat(file, &held) == 0 && stat(path.c_str(), &there) == 0 && held.st_ino == there.st_ino &&
         held.st_dev == there.st_dev;
}

}  // namespace

DemoFolder::DemoFolder(const std::string& keep) {
  if (!keep.empty()) {
    std::error_code failed;
    const std::string trouble = path_trouble(fs::absolute(keep, failed).string());
    if (!trouble.empty()) throw rig::RigError(keep + ": " + trouble + ": name another folder");
    dir_.emplace(rig::TempDir::At{keep});
    return;
  }
  const std::string parent = parent_folder();
  remove_what_was_left(parent);
  for (int tries = 0; tries < most_tries; ++tries) {
    dir_.emplace(prefix, parent);
    const std::string path = dir_->file(lock_name);
    lock_ = lock(path, O_CREAT);
    if (lock_ >= 0 && is_still_there(lock_, path)) return;
    if (lock_ >= 0) close(std::exchange(lock_, -1));
  }
  const std::string trouble = dir_->path() + ": cannot be locked (" + std::strerror(errno) + ")";
  dir_.reset();
  throw rig::RigError(trouble + ", and another demo would remove it; name a folder: --keep FOLDER");
}

bool DemoFolder::is_gone() const { return access(dir_->path().c_str(), F_OK) != 0 && errno == ENOENT; }

bool DemoFolder::is_nearly_full() const { return is_too_small_to_go_on(place_at(dir_->path())); }

DemoFolder::~DemoFolder() {
  if (dir_->is_kept()) unlink(dir_->file(lock_name).c_str());
  if (lock_ >= 0) close(lock_);
}

}  // namespace sensors::demo

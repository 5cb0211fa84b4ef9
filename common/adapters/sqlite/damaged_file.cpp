// The order of the steps: the replacement is complete and closed; the damaged database loses its name, which is what
// says that the replacement is complete; then its log; then the replacement gets the name.
#include "common/adapters/sqlite/damaged_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <system_error>

#include "common/adapters/sqlite/sqlite_error.hpp"

namespace sensors {
namespace {

namespace fs = std::filesystem;

constexpr const char* damaged_word = "corrupt";

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

Result<void> sync_folder_of(const std::string& path) {
  const int folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return file_error(path, "sync its folder", errno);
  const int error = ::fsync(folder) == 0 ? 0 : errno;
  ::close(folder);
  if (error != 0) return file_error(path, "sync its folder", error);
  return {};
}

/// A file that is not there is as good as renamed.
Result<void> rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return {};
  return file_error(from, "rename to " + to, errno);
}

void delete_database(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((path + suffix).c_str());
}

std::string free_name(const std::string& path, const std::string& word, WallTime now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
  const std::string name = path + "." + word + "-" + stamp;
  std::string candidate = name;
  for (int i = 2; exists(candidate) || exists(candidate + "-wal"); ++i) candidate = name + "-" + std::to_string(i);
  return candidate;
}

/// Deletes the oldest of the files moved aside, by their time of change, until `keep` are left.
std::vector<std::string> delete_oldest(const std::string& path, std::size_t keep) {
  const std::string start = fs::path(path).filename().string() + "." + damaged_word + "-";
  std::vector<std::pair<fs::file_time_type, std::string>> aside;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_of(path), ignored)) {
    const std::string name = entry.path().filename().string();
    const bool is_log = name.ends_with("-wal") || name.ends_with("-shm");
    if (name.starts_with(start) && !is_log) aside.emplace_back(entry.last_write_time(ignored), entry.path().string());
  }
  std::sort(aside.begin(), aside.end());
  std::vector<std::string> deleted;
  for (std::size_t i = 0; i + keep < aside.size(); ++i) {
    delete_database(aside[i].second);
    deleted.push_back(aside[i].second);
  }
  return deleted;
}

Result<void> rename_logs(const std::string& path, const std::string& name) {
  if (Result<void> done = rename_file(path + "-wal", name + "-wal"); !done.has_value()) return done;
  return rename_file(path + "-shm", name + "-shm");
}

}  // namespace

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

std::string replacement_of(const std::string& path) { return path + ".salvage"; }

std::string unfinished_copy_of(const std::string& path) { return path + ".copy"; }

Result<std::string> set_aside(const std::string& path, const std::string& word, WallTime now) {
  const std::string name = free_name(path, word, now);
  Result<void> done = rename_file(path, name);
  if (done.has_value()) done = rename_logs(path, name);
  if (done.has_value()) done = sync_folder_of(path);
  if (!done.has_value()) return tl::unexpected<Error>(done.error());
  return name;
}

Result<MovedAside> move_aside(const std::string& path, WallTime now, std::size_t keep) {
  Result<std::string> name = set_aside(path, damaged_word, now);
  if (!name.has_value()) return tl::unexpected<Error>(name.error());
  return MovedAside{*name, delete_oldest(path, keep)};
}

/// A log that is left without its database has nothing that the replacement has not.
Result<std::string> replace_lost(const std::string& path, WallTime now, const std::function<void()>& close) {
  Result<void> done = sync_folder_of(path);
  if (!done.has_value()) return tl::unexpected<Error>(done.error());
  std::string aside;
  if (exists(path)) {
    Result<std::string> moved = set_aside(path, "replaced", now);
    if (!moved.has_value()) return moved;
    aside = std::move(*moved);
  } else {
    delete_database(path);
  }
  close();
  done = rename_file(replacement_of(path), path);
  if (done.has_value()) done = sync_folder_of(path);
  if (!done.has_value()) return tl::unexpected<Error>(done.error());
  return aside;
}

Result<MovedAside> replace_damaged(const std::string& path, WallTime now, std::size_t keep) {
  Result<void> done = sync_folder_of(path);
  if (!done.has_value()) return tl::unexpected<Error>(done.error());
  Result<MovedAside> moved = move_aside(path, now, keep);
  if (!moved.has_value()) return moved;
  done = rename_file(replacement_of(path), path);
  if (done.has_value()) done = sync_folder_of(path);
  if (!done.has_value()) return tl::unexpected<Error>(done.error());
  return moved;
}

Result<bool> finish_replacement(const std::string& path, WallTime now) {
  delete_database(unfinished_copy_of(path));
  const std::string replacement = replacement_of(path);
  if (!exists(replacement)) return false;
  if (exists(path)) {
    delete_database(replacement);
    return false;
  }
  Result<void> done = rename_logs(path, free_name(path, damaged_word, now));
  if (done.has_value()) done = rename_file(replacement, path);
  if (done.has_value()) done = sync_folder_of(path);
  if (!done.has_value()) return tl::unexpected<Error>(done.error());
  return true;
}

}  // namespace sensors

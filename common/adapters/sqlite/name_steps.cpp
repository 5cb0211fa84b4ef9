#include "common/adapters/sqlite/name_steps.hpp"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <optional>
#include <system_error>

#include "common/adapters/sqlite/damaged_file.hpp"
#include "common/adapters/sqlite/sqlite_error.hpp"

namespace sensors {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 3> logs{"-wal", "-shm", "-journal"};

NameStep sync_of(const std::string& path) { return {"", path}; }

std::optional<struct stat> status_of_name(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

bool is_before(const timespec& one, const timespec& other) {
  return one.tv_sec < other.tv_sec || (one.tv_sec == other.tv_sec && one.tv_nsec < other.tv_nsec);
}

/// Of a database that has been set aside, not of its log.
bool is_aside(const std::string& name, const std::string& database) {
  if (!name.starts_with(database)) return false;
  for (const char* log : logs) {
    if (name.ends_with(log)) return false;
  }
  return ::fnmatch(".*-????????T??????Z*", name.c_str() + database.size(), 0) == 0;  // as free_name() makes it
}

/// The one database set aside that was renamed after the last write to the log `path` + `log`, and has none: its own.
/// nullopt when there are several such, or none.
std::optional<std::string> database_of_log(const std::string& path, const std::string& log) {
  const std::optional<struct stat> written = status_of_name(path + log);
  std::optional<std::string> found;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_of(path), ignored)) {
    const std::string aside = entry.path().string();
    if (!is_aside(entry.path().filename().string(), fs::path(path).filename().string())) continue;
    const std::optional<struct stat> renamed = status_of_name(aside);
    if (!written || !renamed || is_before(renamed->st_ctim, written->st_mtim) || status_of_name(aside + log)) continue;
    if (found.has_value()) return std::nullopt;
    found = aside;
  }
  return found;
}

Result<void> sync_folder_of(const std::string& path) {
  const int folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return file_error(path, "sync its folder", errno);
  const int error = ::fsync(folder) == 0 ? 0 : errno;
  ::close(folder);
  if (error != 0) return file_error(path, "sync its folder", error);
  return {};
}

}  // namespace

std::vector<NameStep> steps_aside(const std::string& path, const std::string& aside) {
  std::vector<NameStep> steps{{path, aside}, sync_of(path)};
  for (const char* log : logs) steps.push_back({path + log, aside + log});
  steps.push_back(sync_of(path));
  return steps;
}

std::vector<NameStep> steps_into_place(const std::string& path) {
  return {{replacement_of(path), path}, sync_of(path)};
}

std::vector<NameStep> steps_to_finish(const std::string& path, WallTime now) {
  std::vector<NameStep> steps;
  const std::string own_name = free_name(path, damaged_word, now);
  for (const char* log : logs) {
    if (status_of_name(path + log)) steps.push_back({path + log, database_of_log(path, log).value_or(own_name) + log});
  }
  steps.push_back(sync_of(path));
  for (NameStep& step : steps_into_place(path)) steps.push_back(std::move(step));
  return steps;
}

Result<void> carry_out(const std::vector<NameStep>& steps) {
  for (const NameStep& step : steps) {
    if (step.from.empty()) {
      TRY(sync_folder_of(step.to));
    } else if (::rename(step.from.c_str(), step.to.c_str()) != 0 && errno != ENOENT) {
      return file_error(step.from, "rename to " + step.to, errno);
    }
  }
  return {};
}

std::string free_name(const std::string& path, const std::string& word, WallTime now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
  const std::string name = path + "." + word + "-" + stamp;
  const auto is_taken = [](const std::string& candidate) {
    return status_of_name(candidate).has_value() || status_of_name(candidate + "-wal").has_value();
  };
  std::string candidate = name;
  for (int i = 2; is_taken(candidate); ++i) candidate = name + "-" + std::to_string(i);
  return candidate;
}

}  // namespace sensors

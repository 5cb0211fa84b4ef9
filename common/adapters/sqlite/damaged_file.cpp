// The order of the steps: the replacement is complete and closed; then those of name_steps.hpp.
#include "common/adapters/sqlite/damaged_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "common/adapters/sqlite/name_steps.hpp"

namespace sensors {
namespace {

namespace fs = std::filesystem;

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

void delete_database(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((path + suffix).c_str());
}

/// Deletes the oldest of the files moved aside, by their time of change, until `keep` are left.
std::vector<std::string> delete_oldest(const std::string& path, const std::string& word, std::size_t keep) {
  const std::string start = fs::path(path).filename().string() + "." + word + "-";
  std::vector<std::pair<fs::file_time_type, std::string>> aside;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_of(path), ignored)) {
    const std::string name = entry.path().filename().string();
    const bool is_log = name.ends_with("-wal") || name.ends_with("-shm") || name.ends_with("-journal");
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

}  // namespace

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

std::string replacement_of(const std::string& path) { return path + ".salvage"; }

std::string unfinished_copy_of(const std::string& path) { return path + ".copy"; }

std::string restored_beside(const std::string& path) { return path + ".restored"; }

Result<std::string> set_aside(const std::string& path, const std::string& word, WallTime now) {
  std::string aside = free_name(path, word, now);
  TRY(carry_out(steps_aside(path, aside)));
  return aside;
}

Result<std::string> put_in_place(const std::string& path, const std::string& word, WallTime now) {
  // The name of the replacement is on the disk before the database loses its own.
  TRY(carry_out({{"", path}}));
  const std::string aside = free_name(path, word, now);
  const bool is_there = exists(path);
  TRY(carry_out(steps_aside(path, aside)));
  TRY(carry_out(steps_into_place(path)));
  return is_there ? aside : std::string();
}

Result<MovedAside> put_in_place(const std::string& path, const std::string& word, WallTime now, std::size_t keep) {
  TRY_ASSIGN(std::string aside, put_in_place(path, word, now));
  return MovedAside{std::move(aside), delete_oldest(path, word, keep)};
}

Result<MovedAside> replace_damaged(const std::string& path, WallTime now, std::size_t keep) {
  return put_in_place(path, damaged_word, now, keep);
}

/// A log that is left without its database has nothing that the replacement has not.
Result<std::string> replace_lost(const std::string& path, WallTime now, const std::function<void()>& close) {
  std::string aside;
  if (exists(path)) aside = free_name(path, "replaced", now);
  TRY(carry_out({{"", path}}));
  if (aside.empty()) {
    delete_database(path);
    TRY(carry_out({{"", path}}));
  } else {
    TRY(carry_out(steps_aside(path, aside)));
  }
  close();
  TRY(carry_out(steps_into_place(path)));
  return aside;
}

Result<bool> finish_replacement(const std::string& path, WallTime now) {
  delete_database(unfinished_copy_of(path));
  const std::string replacement = replacement_of(path);
  if (!exists(replacement)) return false;
  if (exists(path)) {
    delete_database(replacement);
    return false;
  }
  TRY(carry_out(steps_to_finish(path, now)));
  return true;
}

}  // namespace sensors

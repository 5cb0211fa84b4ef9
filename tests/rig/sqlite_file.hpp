// SqliteFile reads a database of a service beside the service itself, as a tool of an operator would. Read-only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct sqlite3;

namespace sensors::rig {

class SqliteFile {
 public:
  /// Opens nothing yet: each query opens the file for itself, so that none holds on to a killed service's files.
  explicit SqliteFile(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  bool exists() const;

  /// The rows as text, NULL as an empty one. RigError names the file and the statement.
  std::vector<std::vector<std::string>> rows(const std::string& sql) const;

  /// Writes a consistent copy to `path`, where nothing may be; beside its owner, as a backup would.
  void copy_to(const std::string& path) const { rows("VACUUM INTO '" + path + "'"); }

  /// First column of the first row; 0 when there is none or it is NULL.
  std::int64_t number(const std::string& sql) const;

 private:
  std::string path_;
};

}  // namespace sensors::rig

// TempDir is a folder of one test's own, removed at the end unless the test failed or somebody wants to look.
#pragma once

#include <string>

namespace sensors::rig {

class TempDir {
 public:
  /// Makes a folder below `parent`, or where that is empty below TMPDIR (or /tmp); its name begins with `prefix`.
  explicit TempDir(const std::string& prefix = "sensor-rig", const std::string& parent = "");

  struct At {
    std::string path;
  };
  /// Uses `at`, made when absent, and keeps it. RigError when there is something in it.
  explicit TempDir(const At& at);

  /// Removes the folder. Kept, and its path printed, after keep(), while an exception unwinds, and when SENSOR_RIG_KEEP
  /// is set.
  ~TempDir();

  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  void keep() { keep_ = true; }

  /// Whether it would be kept if it ended now.
  bool is_kept() const;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

  /// Writes `name`, readable by its owner only (passwords pass here too); returns its path.
  std::string write(const std::string& name, const std::string& content) const;

  /// The last lines of each *.log in it: what to read after a failure.
  std::string log_tails(std::size_t lines = 12) const;

 private:
  std::string path_;
  bool keep_ = false;
  int exceptions_at_start_;
};

/// The whole of a file; RigError when it cannot be read.
std::string read_file(const std::string& path);

}  // namespace sensors::rig

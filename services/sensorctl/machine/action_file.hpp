// ActionFile is the log of what --recover did, on the disk: /var/lib/sensor-project/recover/actions.log. Who has it
// open is the only one to recover. One thread; blocks as a disk does.
#pragma once

#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "services/sensorctl/doctor/action_log.hpp"

namespace sensors::doctor {

class ActionFile {
 public:
  static constexpr std::size_t most_bytes = 64 * 1024;

  /// Makes the file, in `folder`, when it is not there. overloaded: another process has it; permission, read_only,
  /// disk_full, io.
  static Result<ActionFile> open(const std::string& folder);

  ActionFile(ActionFile&& other) noexcept;
  ActionFile& operator=(ActionFile&& other) = delete;
  ~ActionFile();

  const std::vector<PastAction>& past() const { return past_; }

  /// Adds a line, synced. Beyond `most_bytes` the older half goes.
  Result<void> add(WallTime at, const Remedy& remedy, const std::string& reason);

 private:
  ActionFile(std::string path, int file) : path_(std::move(path)), file_(file) {}
  Result<void> load();

  std::string path_;
  int file_;
  std::string text_;
  std::vector<PastAction> past_;
};

}  // namespace sensors::doctor

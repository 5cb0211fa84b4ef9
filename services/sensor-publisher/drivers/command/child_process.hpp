// ChildProcess is one running driver program: its own process group, nothing on stdin, stdout in a pipe of ours,
// stderr that of the service. Owned by CommandDriver, on its thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

class ChildProcess {
 public:
  /// Starts `arguments` without a shell; the first is the program, looked up in PATH when it has no '/'.
  /// not_found, permission or io.
  static Result<ChildProcess> start(const std::vector<std::string>& arguments);

  /// end() with half a second of grace, where it has not been called.
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// Its stdout; reads do not block.
  int output_fd() const { return output_fd_; }

  /// How it ended, "exited with status 3"; nothing while it runs. Never blocks.
  std::optional<std::string> ending() const;

  /// SIGTERM to its group, up to `grace` for it to end, SIGKILL to what is left of the group. Returns how it ended.
  std::string end(Millis grace);

 private:
  ChildProcess(pid_t process, int output_fd) : process_(process), output_fd_(output_fd) {}
  bool wait_for_ending(Millis longest) const;

  pid_t process_;  // also its group; -1 when it was collected
  int output_fd_;
};

}  // namespace sensors

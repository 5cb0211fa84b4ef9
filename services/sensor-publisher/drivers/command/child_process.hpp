// ChildProcess is one running driver program: its own process group, nothing on stdin, stdout and stderr in pipes of
// ours, and nothing of the service but its environment without what is the service's own business. It is ended with
// all that it has started. Owned by CommandDriver, on its thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "services/sensor-publisher/drivers/command/descendants.hpp"

namespace sensors {

class ChildProcess {
 public:
  /// Starts `arguments` without a shell; the first is the program, looked up in PATH when it has no '/'.
  /// not_found, permission or io.
  static Result<ChildProcess> start(const std::vector<std::string>& arguments);

  /// kill(), where nothing has been collected.
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// Its stdout and its stderr; reads do not block.
  int output_fd() const { return output_fd_; }
  int error_fd() const { return error_fd_; }

  /// How it ended, "exited with status 3"; nothing while it runs. Never blocks.
  std::optional<std::string> ending() const;

  /// SIGTERM to it and all that it has started. Does not wait.
  void ask_to_end();

  /// SIGKILL to it and all that it has started, again while there is any, at most 10 times. Waits up to half a second
  /// for it to be gone.
  void kill();

  /// After kill(): collects it. How it ended; one that SIGKILL does not end hangs in the kernel, and is left behind.
  std::string collect();

 private:
  ChildProcess(pid_t process, std::string run, int output_fd, int error_fd)
      : process_(process), descendants_(process, std::move(run)), output_fd_(output_fd), error_fd_(error_fd) {}
  bool wait_for_ending(Millis longest) const;

  pid_t process_;  // also its group; -1 when it was collected
  Descendants descendants_;
  int output_fd_;
  int error_fd_;
};

}  // namespace sensors

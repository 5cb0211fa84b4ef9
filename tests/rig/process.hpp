// Process is one program that a test runs: started, signalled, waited for, started again. It never outlives the test:
// it ends with its Process, and by PR_SET_PDEATHSIG with the thread that started it, so start from the main thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "common/core/time.hpp"

namespace sensors::rig {

class Process {
 public:
  struct Options {
    std::string name;                      // for messages
    std::vector<std::string> command;      // the program's path and its arguments
    std::vector<std::string> environment;  // "NAME=value", in addition to ours
    std::string log_file;                  // stdout and stderr are appended
    std::string output_file;               // stdout alone; empty: to the log as well
  };

  /// Starts nothing yet.
  explicit Process(Options options);

  /// Kills what still runs, with its process group.
  ~Process();

  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Runs the program in a process group of its own. RigError when it runs already or cannot be started.
  void start();

  bool running();

  /// Sends `signal` to the process group; false when it does not run.
  bool signal(int number);

  /// The exit code, or 128 + the signal that ended it; nothing when it still runs after `deadline`.
  std::optional<int> wait_exit(Millis deadline);

  /// kill -9, and waits until it is gone.
  void kill();

  /// SIGTERM; the exit code, or nothing when it had to be killed after `deadline`.
  std::optional<int> stop(Millis deadline);

  pid_t pid() const { return pid_; }
  const Options& options() const { return options_; }

 private:
  Options options_;
  pid_t pid_ = 0;  // 0: not running
  std::optional<int> exit_code_;
};

}  // namespace sensors::rig

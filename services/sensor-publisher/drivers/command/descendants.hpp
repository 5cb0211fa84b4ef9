// What a program has started and left behind: children in its process group, and those that went away into a session of
// their own (setsid, a daemon), which are known by a variable in their environment or by their parents. Owned by
// ChildProcess, on its thread.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <utility>

namespace sensors {

/// Set in the environment of a program, to a value of its own for each start; its children inherit it.
inline constexpr const char* program_run_variable = "SENSOR_PROGRAM_RUN";

class Descendants {
 public:
  /// Of the program `main`, which is uncollected, and whose run is `run`.
  Descendants(pid_t main, std::string run) : main_(main), run_(std::move(run)) {}

  /// Sends `signal` to all that live, also to those that were seen before and have lost their parents since; not to the
  /// program itself. How many there were. What was started with an emptied environment, and whose parent was gone
  /// before the first call, is not known.
  std::size_t signal(int signal);

 private:
  pid_t main_;
  std::string run_;
  std::map<pid_t, std::string> seen_;  // with the time of its start, which tells it from another of its number
};

}  // namespace sensors

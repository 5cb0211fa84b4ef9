// A database is a service's file, and who runs sensorctl is root: what a service put in its place, even between a look
// and the opening, must neither lead root anywhere nor hold it up. So a process of its own opens it, with no more
// rights than the owner of its folder has, and is killed when it takes too long. Blocks.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors::doctor {

/// Runs this program again with `arguments`, a verb of command_line.cpp that ends with tell_parent(), and returns what
/// that was told. io when it did not end within `limit`, or was killed: names `path`, which it was to open.
Result<void> run_owner_process(const std::string& path, std::vector<std::string> arguments, Millis limit);

/// In that process: prints the error's code and message. Returns the exit code, 0 or 1.
int tell_parent(const Result<void>& done);

/// In that process: kills it after `limit`, 1 ms or more, unless stop() comes before. SIGALRM does it, as a process
/// that waits for the other end of a FIFO asks no clock.
class OpeningDeadline {
 public:
  explicit OpeningDeadline(Millis limit);
  ~OpeningDeadline() { stop(); }
  OpeningDeadline(const OpeningDeadline&) = delete;
  OpeningDeadline& operator=(const OpeningDeadline&) = delete;

  void stop();
};

/// From now on the process may only do what the owner of the folder of `path` may, for good. Nothing for others than
/// root. Errors as of folder_of_file(); permission.
Result<void> become_owner_of_folder(const std::string& path);

/// From begin() to end(), or the end of this, the process may only do what this user may. Nothing for others than root.
class ActingAs {
 public:
  ActingAs(uid_t user, gid_t group) : user_(user), group_(group) {}
  ~ActingAs() { end(); }
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

  /// False when the system refuses.
  bool begin();
  void end();

 private:
  uid_t user_;
  gid_t group_;
  bool is_acting_ = false;
};

}  // namespace sensors::doctor

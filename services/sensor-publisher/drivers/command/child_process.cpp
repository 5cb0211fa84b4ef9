// The process stays uncollected (waitid with WNOWAIT) until its group has been signalled, so that its number cannot
// belong to anybody else by then.
#include "services/sensor-publisher/drivers/command/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "common/runtime/event_loop.hpp"

namespace sensors {

namespace {

constexpr Millis default_grace{500};
constexpr Millis kill_wait{500};  // a process that SIGKILL does not end hangs in the kernel, and is left behind
constexpr int check_interval_ms = 5;

/// Attributes and file actions of posix_spawn, freed together.
class SpawnPlan {
 public:
  explicit SpawnPlan(int output_fd) {
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_init(&actions_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);  // SIGPIPE is ignored in the service
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output_fd, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  int spawn(pid_t& process, const std::vector<std::string>& arguments) {
    std::vector<char*> argv;
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    return posix_spawnp(&process, argv.front(), &actions_, &attributes_, argv.data(), environ);
  }

 private:
  posix_spawnattr_t attributes_;
  posix_spawn_file_actions_t actions_;
};

ErrorCode code_of(int error) {
  if (error == ENOENT || error == ENOTDIR) return ErrorCode::not_found;
  return error == EACCES || error == EPERM ? ErrorCode::permission : ErrorCode::io;
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return fail(ErrorCode::io, "pipe for " + arguments.front() + ": " + std::generic_category().message(errno));
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  pid_t process = -1;
  const int error = SpawnPlan(ends[1]).spawn(process, arguments);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return fail(code_of(error),
                "start " + arguments.front() + ": " + std::generic_category().message(error) + "; check 'program'");
  }
  return ChildProcess(process, ends[0]);
}

ChildProcess::~ChildProcess() {
  if (process_ > 0) end(default_grace);
  if (output_fd_ >= 0) close(output_fd_);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)), output_fd_(std::exchange(other.output_fd_, -1)) {}

std::optional<std::string> ChildProcess::ending() const {
  siginfo_t info{};
  const int waited = waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT);
  if (waited != 0) return "was collected by others";
  if (info.si_pid == 0) return std::nullopt;
  return (info.si_code == CLD_EXITED ? "exited with status " : "was ended by signal ") + std::to_string(info.si_status);
}

std::string ChildProcess::end(Millis grace) {
  kill(-process_, SIGTERM);
  const bool ended = wait_for_ending(grace);
  kill(-process_, SIGKILL);
  if (!ended) wait_for_ending(kill_wait);
  const std::optional<std::string> how = ending();
  waitpid(std::exchange(process_, -1), nullptr, WNOHANG);
  return how.value_or("hangs in the kernel and was left behind");
}

bool ChildProcess::wait_for_ending(Millis longest) const {
  const Instant until = read_clocks().monotonic + longest;
  while (!ending().has_value()) {
    if (read_clocks().monotonic >= until) return false;
    poll(nullptr, 0, check_interval_ms);
  }
  return true;
}

}  // namespace sensors

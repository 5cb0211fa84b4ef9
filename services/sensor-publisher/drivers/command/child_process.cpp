// The process stays uncollected (waitid with WNOWAIT) until its group has been signalled, so that its number cannot
// belong to anybody else by then.
#include "services/sensor-publisher/drivers/command/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/runtime/event_loop.hpp"

namespace sensors {

namespace {

constexpr Millis kill_wait{500};  // a process that SIGKILL does not end hangs in the kernel, and is left behind
constexpr int check_interval_ms = 5;
constexpr int most_kills = 10;  // something that starts processes faster than that is the cgroup's to end

/// systemd's word to the service: a program that talked to it in the service's name could stop or hide it. The folder
/// of credentials has the broker's password. stderr is not the journal, but a pipe.
constexpr std::array kept_from_programs{
    std::string_view("NOTIFY_SOCKET"),     std::string_view("WATCHDOG_PID"),
    std::string_view("WATCHDOG_USEC"),     std::string_view("CREDENTIALS_DIRECTORY"),
    std::string_view("JOURNAL_STREAM"),    std::string_view("LISTEN_FDS"),
    std::string_view("LISTEN_PID"),        std::string_view("LISTEN_FDNAMES"),
    std::string_view(program_run_variable)};

std::vector<std::string> environment_for(const std::string& run) {
  std::vector<std::string> entries{std::string(program_run_variable) + "=" + run};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    if (std::find(kept_from_programs.begin(), kept_from_programs.end(), name) == kept_from_programs.end())
      entries.emplace_back(text);
  }
  return entries;
}

/// Of one start, on this machine since its boot.
std::string new_run() {
  static std::atomic<unsigned> starts{0};
  return std::to_string(getpid()) + "-" + std::to_string(read_clocks().monotonic.time_since_epoch().count()) + "-" +
         std::to_string(++starts);
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// The reading end does not block. Both are closed with this unless they are taken.
class Pipe {
 public:
  Pipe() : error_(pipe2(ends_.data(), O_CLOEXEC) == 0 ? 0 : errno) {
    if (error_ == 0) fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    for (const int end : ends_) {
      if (end >= 0) close(end);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int error() const { return error_; }
  int writing_end() const { return ends_[1]; }
  int take_reading_end() { return std::exchange(ends_[0], -1); }

 private:
  std::array<int, 2> ends_{-1, -1};
  int error_;
};

/// Attributes and file actions of posix_spawn, freed together.
class SpawnPlan {
 public:
  SpawnPlan(int output_fd, int error_fd) {
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
    posix_spawn_file_actions_adddup2(&actions_, error_fd, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  int spawn(pid_t& process, const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
    return posix_spawnp(&process, arguments.front().c_str(), &actions_, &attributes_, pointers_to(arguments).data(),
                        pointers_to(environment).data());
  }

 private:
  posix_spawnattr_t attributes_;
  posix_spawn_file_actions_t actions_;
};

ErrorCode code_of(int error) {
  if (error == ENOENT || error == ENOTDIR) return ErrorCode::not_found;
  return error == EACCES || error == EPERM ? ErrorCode::permission : ErrorCode::io;
}

std::string advice_for(int error, const std::string& program) {
  if (error == ENOENT && program.find('/') != std::string::npos && access(program.c_str(), F_OK) == 0)
    return "; the file is there: check the interpreter in its first line";
  if (error == EACCES) return "; check that it may be executed (chmod +x), also by the service's user";
  if (error == ENOEXEC) return "; it has no first line like #!/bin/sh";
  return "; check 'program'";
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments) {
  Pipe output;
  Pipe errors;
  for (const Pipe* pipe : {&output, &errors}) {
    if (pipe->error() != 0)
      return fail(ErrorCode::io,
                  "pipe for " + arguments.front() + ": " + std::generic_category().message(pipe->error()));
  }
  pid_t process = -1;
  std::string run = new_run();
  const int error =
      SpawnPlan(output.writing_end(), errors.writing_end()).spawn(process, arguments, environment_for(run));
  if (error != 0) {
    return fail(code_of(error), "start " + arguments.front() + ": " + std::generic_category().message(error) +
                                    advice_for(error, arguments.front()));
  }
  return ChildProcess(process, std::move(run), output.take_reading_end(), errors.take_reading_end());
}

ChildProcess::~ChildProcess() {
  if (process_ > 0) {
    kill();
    collect();
  }
  for (const int fd : {output_fd_, error_fd_}) {
    if (fd >= 0) close(fd);
  }
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)),
      descendants_(std::move(other.descendants_)),
      output_fd_(std::exchange(other.output_fd_, -1)),
      error_fd_(std::exchange(other.error_fd_, -1)) {}

std::optional<std::string> ChildProcess::ending() const {
  siginfo_t info{};
  const int waited = waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT);
  if (waited != 0) return "was collected by others";
  if (info.si_pid == 0) return std::nullopt;
  return (info.si_code == CLD_EXITED ? "exited with status " : "was ended by signal ") + std::to_string(info.si_status);
}

void ChildProcess::ask_to_end() {
  descendants_.signal(SIGTERM);  // first: those whose parents end are known by them
  ::kill(process_, SIGTERM);
}

void ChildProcess::kill() {
  for (int pass = 0; pass < most_kills; ++pass) {
    const std::size_t living = descendants_.signal(SIGKILL);
    ::kill(-process_, SIGKILL);
    if (living == 0) break;
    poll(nullptr, 0, check_interval_ms);
  }
  wait_for_ending(kill_wait);
}

std::string ChildProcess::collect() {
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

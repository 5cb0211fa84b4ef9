#include "services/sensorctl/bundle/run_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "common/runtime/clocks.hpp"

namespace sensors::bundle {

namespace {

class Pipe {
 public:
  Pipe() : is_open_(::pipe2(ends_.data(), O_CLOEXEC) == 0) {}
  ~Pipe() {
    close_writer();
    if (is_open_) ::close(ends_[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  bool is_open() const { return is_open_; }
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close_writer() {
    if (is_open_ && ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
  bool is_open_;
};

/// The environment without the user's language, and without a pager.
std::vector<std::string> plain_environment() {
  std::vector<std::string> environment{"LC_ALL=C", "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0"};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!text.starts_with("LC_") && !text.starts_with("SYSTEMD_")) environment.emplace_back(text);
  }
  return environment;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

Result<pid_t> spawn(std::vector<std::string> command, int output) {
  std::vector<std::string> environment = plain_environment();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, command[0].c_str(), &actions, nullptr, pointers_to(command).data(),
                                   pointers_to(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fail(ErrorCode::not_found, command[0] + ": " + std::strerror(error));
  return pid;
}

/// Whether `descriptor` can be read before `until`.
bool is_readable(int descriptor, Instant until) {
  while (true) {
    const auto left = std::chrono::ceil<Millis>(until - read_clocks().monotonic);
    if (left <= Millis{0}) return false;
    pollfd waiting{descriptor, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(left.count())) > 0) return true;
  }
}

enum class End { closed, full, late };

/// Reads until the other side closes, or a limit is reached.
End read_all(int descriptor, Instant until, std::size_t most_bytes, std::string& text) {
  std::array<char, 65'536> buffer{};
  while (text.size() < most_bytes) {
    if (!is_readable(descriptor, until)) return End::late;
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return End::closed;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  text.resize(most_bytes);
  return End::full;
}

/// Whether the process ends by itself before `until`.
bool ends(pid_t pid, Instant until) {
  // glibc 2.36 declares pidfd_open() without C linkage.
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (process < 0) return false;
  const bool has_ended = is_readable(process, until);
  ::close(process);
  return has_ended;
}

}  // namespace

Result<ProgramOutput> run_program(const std::vector<std::string>& command, ProgramLimits limits) {
  Pipe pipe;
  if (!pipe.is_open()) return fail(ErrorCode::io, std::string("pipe: ") + std::strerror(errno));
  TRY_ASSIGN(const pid_t pid, spawn(command, pipe.writer()));
  pipe.close_writer();
  ProgramOutput output;
  const Instant until = read_clocks().monotonic + limits.deadline;
  End end = read_all(pipe.reader(), until, limits.output_bytes, output.text);
  if (end == End::closed && !ends(pid, until)) end = End::late;
  if (end != End::closed) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (end == End::late) {
    return fail(ErrorCode::timeout, command[0] + ": not done in " + std::to_string(limits.deadline.count()) + " ms");
  }
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return output;
}

}  // namespace sensors::bundle

// Processes with fork and exec. Between the two only calls that are safe in a process with threads are made.
#include "tests/rig/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "tests/rig/rig_error.hpp"
#include "tests/rig/wait.hpp"

extern char** environ;

namespace sensors::rig {
namespace {

int open_log(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) throw RigError("open " + path + ": " + std::strerror(errno));
  return file;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// Ours with `added` in front: the first of two entries with one name is the one that getenv() finds.
std::vector<std::string> merged_environment(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

[[noreturn]] void become(char* const* command, char* const* environment, int output, int log, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);  // the parent died before prctl()
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = open("/dev/null", O_RDONLY);
  if (dup2(nothing, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) _exit(126);
  execve(command[0], command, environment);
  _exit(127);
}

}  // namespace

Process::Process(Options options) : options_(std::move(options)) {}

Process::~Process() { kill(); }

void Process::start() {
  if (running()) throw RigError(options_.name + ": runs already");
  std::vector<std::string> command = options_.command;
  if (command.empty() || access(command[0].c_str(), X_OK) != 0) {
    throw RigError(options_.name + ": cannot run " + (command.empty() ? "nothing" : command[0]));
  }
  std::vector<std::string> environment = merged_environment(options_.environment);
  const std::vector<char*> argv = pointers(command);
  const std::vector<char*> envp = pointers(environment);
  const int log = open_log(options_.log_file);
  const int output = options_.output_file.empty() ? log : open_log(options_.output_file);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) become(argv.data(), envp.data(), output, log, parent);
  const int problem = errno;
  if (output != log) close(output);
  close(log);
  if (child < 0) throw RigError(options_.name + ": fork: " + std::strerror(problem));
  setpgid(child, child);  // also here, so that signal() cannot come before the child's own call
  pid_ = child;
  exit_code_.reset();
}

bool Process::running() {
  if (pid_ == 0) return false;
  int status = 0;
  const pid_t ended = waitpid(pid_, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return true;
  exit_code_ = ended < 0 ? -1 : (WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  pid_ = 0;
  return false;
}

bool Process::signal(int number) { return running() && killpg(pid_, number) == 0; }

std::optional<int> Process::wait_exit(Millis deadline) {
  comes_true(deadline, [this] { return !running(); });
  return exit_code_;
}

void Process::kill() {
  if (!signal(SIGKILL)) return;
  while (!wait_exit(Millis{60'000}).has_value()) {
  }
}

std::optional<int> Process::stop(Millis deadline) {
  signal(SIGCONT);
  signal(SIGTERM);
  const std::optional<int> code = wait_exit(deadline);
  if (!code.has_value()) kill();
  return code;
}

}  // namespace sensors::rig

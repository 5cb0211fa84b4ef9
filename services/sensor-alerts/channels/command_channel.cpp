#include "services/sensor-alerts/channels/command_channel.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "common/core/printable.hpp"
#include "common/runtime/clocks.hpp"

namespace sensors::alerts {

namespace {

constexpr std::size_t most_said_bytes = 300;
constexpr Millis look_again{200};

/// A file in memory: what a program reads without anybody waiting for the other.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : descriptor_(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)) {}
  ~MemoryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int descriptor() const { return descriptor_; }

  /// The program can write no more into it: that would be this service's memory.
  bool fill(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno != EINTR) return false;
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::lseek(descriptor_, 0, SEEK_SET) == 0 &&
           ::fcntl(descriptor_, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0;
  }

 private:
  int descriptor_;
};

/// What a program says: all is read, so that it need not wait, and the beginning kept.
class Said {
 public:
  Said() {
    if (::pipe2(ends_.data(), O_CLOEXEC) == 0) ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  ~Said() {
    close_end(ends_[0]);
    close_end(ends_[1]);
  }
  Said(const Said&) = delete;
  Said& operator=(const Said&) = delete;

  bool is_open() const { return ends_[0] >= 0; }
  int program_end() const { return ends_[1]; }
  void program_has_its_end() { close_end(ends_[1]); }

  /// To be waited for; -1 once the program has closed its end.
  int our_end() const { return ends_[0]; }

  /// Some of what is there: a program that never stops must not keep the caller.
  void read_some() {
    constexpr int most_reads = 32;
    std::array<char, 4'096> buffer{};
    for (int i = 0; i < most_reads && ends_[0] >= 0; ++i) {
      const ssize_t count = ::read(ends_[0], buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return;
      if (count == 0) return close_end(ends_[0]);
      beginning_.append(buffer.data(), std::min(static_cast<std::size_t>(count), most_said_bytes - beginning_.size()));
    }
  }

  std::string text() const { return printable_line(beginning_, most_said_bytes); }

 private:
  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }

  std::array<int, 2> ends_{-1, -1};  // to be read, to be written
  std::string beginning_;
};

/// The environment without what is the service's own business.
std::vector<std::string> environment_of_programs() {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const bool is_ours = text.starts_with("NOTIFY_SOCKET=") || text.starts_with("WATCHDOG_") ||
                         text.starts_with("CREDENTIALS_DIRECTORY=");
    if (!is_ours) environment.emplace_back(text);
  }
  return environment;
}

std::vector<char*> pointers_into(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// In a process group of its own, with no signal blocked.
int start(std::vector<std::string> command, int input, int errors, pid_t& process) {
  std::vector<std::string> environment = environment_of_programs();
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  const int error = ::posix_spawnp(&process, command[0].c_str(), &files, &attributes, pointers_into(command).data(),
                                   pointers_into(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

/// Whether it ends by itself before `until`.
bool ends_before(pid_t process, Said& said, Instant until, const std::atomic<bool>& should_stop) {
  // glibc 2.36 declares pidfd_open() without C linkage.
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (handle < 0) return false;
  bool has_ended = false;
  while (!has_ended && !should_stop) {
    const Millis left = std::chrono::ceil<Millis>(until - read_clocks().monotonic);
    if (left <= Millis{0}) break;
    std::array<pollfd, 2> waiting{{{handle, POLLIN, 0}, {said.our_end(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), static_cast<int>(std::min(left, look_again).count()));
    has_ended = waiting[0].revents != 0;
    said.read_some();
  }
  ::close(handle);
  return has_ended;
}

}  // namespace

Delivery run_with_input(const std::vector<std::string>& command, const std::string& input, Millis deadline,
                        const std::atomic<bool>& should_stop) {
  const MemoryFile given("message");
  Said errors;
  if (given.descriptor() < 0 || !errors.is_open() || !given.fill(input))
    return {Delivery::Outcome::again, std::string("no pipe or memory for a program: ") + std::strerror(errno), {}};
  pid_t process = 0;
  if (const int error = start(command, given.descriptor(), errors.program_end(), process); error != 0)
    return {Delivery::Outcome::unusable, command[0] + ": " + std::strerror(error), {}};
  errors.program_has_its_end();
  const bool has_ended = ends_before(process, errors, read_clocks().monotonic + deadline, should_stop);
  ::kill(-process, SIGKILL);  // also what it has started and left behind
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  errors.read_some();
  const std::string said = errors.text();
  const std::string tail = said.empty() ? "" : ": " + said;
  if (!has_ended)
    return {Delivery::Outcome::again, fmt::format("{}: not done in {} ms{}", command[0], deadline.count(), tail), {}};
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {Delivery::Outcome::delivered, "", {}};
  const std::string how = WIFEXITED(status) ? fmt::format("exited with status {}", WEXITSTATUS(status))
                                            : fmt::format("was ended by signal {}", WTERMSIG(status));
  return {Delivery::Outcome::again, fmt::format("{} {}{}", command[0], how, tail), {}};
}

CommandChannel::CommandChannel(const ChannelConfig& config, Done done) : config_(config), done_(std::move(done)) {}

CommandChannel::~CommandChannel() { is_stopping_ = true; }

void CommandChannel::send(SendMessage send) {
  // A shared_ptr because std::function copies: the job alone owns it.
  const auto owned = std::make_shared<SendMessage>(std::move(send));
  worker_.post([this, owned] {
    const Instant begun = read_clocks().monotonic;
    Delivery delivery =
        run_with_input(config_.program, encode_message(owned->message) + "\n", config_.options.timeout, is_stopping_);
    const Millis took = std::chrono::duration_cast<Millis>(read_clocks().monotonic - begun);
    done_({owned->attempt, config_.options.name, std::move(delivery), took});
  });
}

}  // namespace sensors::alerts

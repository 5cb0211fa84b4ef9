// What stands on a terminal, in a file, and on a disk that is full.
#include "services/sensorctl/shell/terminal.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <functional>

namespace sensors::sensorctl {
namespace {

/// Standard output is `descriptor` while this lives.
class Stdout {
 public:
  explicit Stdout(int descriptor) : before_(::dup(STDOUT_FILENO)) { ::dup2(descriptor, STDOUT_FILENO); }
  ~Stdout() {
    ::dup2(before_, STDOUT_FILENO);
    ::close(before_);
  }
  Stdout(const Stdout&) = delete;
  Stdout& operator=(const Stdout&) = delete;

 private:
  int before_;
};

/// What comes out at `from` when `run` writes to `to`.
std::string written(int to, int from, const std::function<void()>& run) {
  {
    const Stdout out(to);
    run();
  }
  std::string text;
  std::array<char, 4096> bytes{};
  for (pollfd waiting{from, POLLIN, 0}; ::poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLIN) != 0;) {
    const ssize_t got = ::read(from, bytes.data(), bytes.size());
    if (got <= 0) break;
    text.append(bytes.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::string on_a_terminal(const std::function<void()>& run) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ::grantpt(master);
  ::unlockpt(master);
  const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  std::string text = written(slave, master, run);
  ::close(slave);
  ::close(master);
  return text;
}

std::string in_a_pipe(const std::function<void()>& run) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  std::string text = written(ends[1], ends[0], run);
  for (const int end : ends) ::close(end);
  return text;
}

const std::string hostile =
    "door,\"a\x1b]0;mine\x07\xc2\x9b"
    "2J\r\nb\"\n";

TEST(Terminal, shows_the_escapes_of_others_and_does_not_obey_them) {
  const std::string shown = "door,\"a\\x1b]0;mine\\x07\\xc2\\x9b2J\r\r\nb\"\r\n";  // a terminal adds \r
  EXPECT_EQ(on_a_terminal([] { Terminal([] {}).carry_out(Print{hostile}); }), shown);
  EXPECT_EQ(on_a_terminal([] { EXPECT_TRUE(say(hostile)); }), shown);
  const std::string picture = on_a_terminal([] { Terminal([] {}).carry_out(Show{"a\x1b[31mb\n"}); });
  EXPECT_NE(picture.find("a\\x1b[31mb\x1b[K"), std::string::npos) << "ours clears the line behind it";
}

TEST(Terminal, leaves_each_byte_as_it_is_in_a_file) {
  EXPECT_EQ(in_a_pipe([] { Terminal([] {}).carry_out(Print{hostile}); }), hostile);
  EXPECT_EQ(in_a_pipe([] { EXPECT_TRUE(say(hostile)); }), hostile);
}

TEST(Terminal, tells_a_disk_that_is_full) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  testing::internal::CaptureStderr();
  {
    const Stdout out(full);
    int closed = 0;
    Terminal terminal([&] { ++closed; });
    terminal.carry_out(Print{"x"});
    terminal.carry_out(Print{"x"});
    EXPECT_EQ(closed, 1);
    EXPECT_TRUE(terminal.failed());
    EXPECT_FALSE(say("x"));
  }
  ::close(full);
  const std::string said = "sensorctl: stdout: No space left on device\n";
  EXPECT_EQ(testing::internal::GetCapturedStderr(), said + said);
}

}  // namespace
}  // namespace sensors::sensorctl

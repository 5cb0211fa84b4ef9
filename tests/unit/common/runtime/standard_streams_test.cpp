#include "common/runtime/standard_streams.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <functional>
#include <iostream>

#include <gtest/gtest.h>

namespace sensors {
namespace {

/// What `run` returns in a process of its own.
int in_another_process(const std::function<int()>& run) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(run());
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The first file that a program opened got the number, and what it said to people went into that.
TEST(StandardStreams, that_are_closed_become_no_file_of_the_program) {
  EXPECT_EQ(in_another_process([] {
              for (const int number : {0, 1, 2}) ::close(number);
              hold_standard_streams();
              char byte = 0;
              const bool is_held = ::open("/dev/null", O_RDONLY) > 2 && ::read(0, &byte, 1) == 0 &&
                                   ::write(1, "x", 1) < 0 && errno == EBADF && ::write(2, "x", 1) == 1;
              return is_held ? 0 : 1;
            }),
            0);
}

TEST(StandardStreams, that_are_open_stay_as_they_are) {
  EXPECT_EQ(in_another_process([] {
              const int full = ::open("/dev/full", O_WRONLY);
              ::dup2(full, 1);
              hold_standard_streams();
              return ::write(1, "x", 1) < 0 && errno == ENOSPC ? 0 : 1;
            }),
            0);
}

TEST(StandardStreams, a_help_text_that_got_nowhere_is_trouble) {
  const auto ends_with = [](const char* path, int code) {
    return in_another_process([=] {
      ::dup2(::open(path, O_WRONLY), 1);
      ::dup2(::open("/dev/null", O_WRONLY), 2);
      std::cout << "help\n";
      return with_stdout_written(code, "program");
    });
  };
  EXPECT_EQ(ends_with("/dev/null", 0), 0);
  EXPECT_EQ(ends_with("/dev/full", 0), 1);
  EXPECT_EQ(ends_with("/dev/full", 78), 78);
}

}  // namespace
}  // namespace sensors

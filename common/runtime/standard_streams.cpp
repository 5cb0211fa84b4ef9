#include "common/runtime/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

namespace sensors {

void hold_standard_streams() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest number that is free is this one; stdout is not for writing, so that it is noticed.
    const int flags = number == STDERR_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", flags) != number) std::abort();  // the system has not even that file
  }
}

int with_stdout_written(int code, const std::string& program) {
  errno = 0;
  std::cout.flush();
  const bool is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
  if (is_written || errno == EPIPE) return code;
  std::fprintf(stderr, "%s: stdout: %s\n", program.c_str(), errno == 0 ? "could not be written" : std::strerror(errno));
  return code == EXIT_SUCCESS ? EXIT_FAILURE : code;
}

}  // namespace sensors

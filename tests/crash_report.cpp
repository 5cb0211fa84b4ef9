// A test program that crashes says where: on another machine its last line of output is often all that there is.
// Linked into each; `addr2line -e PROGRAM OFFSET` makes lines of the offsets. Sanitizers report better by themselves.
#include <execinfo.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

namespace {

void report_crash(int number) {
  constexpr const char* text = "crash_report: this test program crashed in\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
  std::array<void*, 64> frames{};
  backtrace_symbols_fd(frames.data(), backtrace(frames.data(), static_cast<int>(frames.size())), STDERR_FILENO);
  std::raise(number);  // SA_RESETHAND: this time it ends the process
}

[[maybe_unused]] const bool is_installed = [] {
  std::array<void*, 1> frame{};
  backtrace(frame.data(), 1);  // loads libgcc now, not in the handler
  struct sigaction action {};
  action.sa_handler = report_crash;
  action.sa_flags = SA_RESETHAND | SA_NODEFER;
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigaction(number, &action, nullptr);
  return true;
}();

}  // namespace

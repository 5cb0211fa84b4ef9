#include "services/sensorctl/shell/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/core/printable.hpp"
#include "common/runtime/file_error.hpp"
#include "common/runtime/log.hpp"
#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/verbs/picture.hpp"

namespace sensors::sensorctl {

namespace {

bool is_stdout_lost = false;  // of the process, as stdout is

/// False.
bool complain_about_stdout(int error) {
  complain(std::string("stdout: ") + (error == EBADF ? "is closed" : std::strerror(error)));
  is_stdout_lost = true;
  return false;
}

WindowSize window_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
  return {size.ws_row, size.ws_col};
}

}  // namespace

bool say(std::string_view text) {
  const int error = write_all(STDOUT_FILENO, ::isatty(STDOUT_FILENO) == 1 ? printable_lines(text) : std::string(text));
  return error == 0 || error == EPIPE || complain_about_stdout(error);
}

int with_all_said(int code) { return code == exit_ok && is_stdout_lost ? exit_trouble : code; }

void complain(std::string_view text) { write_all(STDERR_FILENO, "sensorctl: " + escape_for_log(text) + "\n"); }

Terminal::Terminal(std::function<void()> on_closed)
    : on_closed_(std::move(on_closed)), is_terminal_(::isatty(STDOUT_FILENO) == 1) {}

void Terminal::carry_out(const Print& text) { print(text.text); }

void Terminal::carry_out(const Show& picture) {
  const std::string& text = picture.text;
  if (is_terminal_)
    return write(over_the_last(printable_lines(text), window_size(), std::exchange(is_first_picture_, false)));
  // In a file or a pipe the pictures follow one another.
  if (!std::exchange(is_first_picture_, false)) print("\n");
  print(text);
}

void Terminal::print(std::string_view text) {
  if (!is_terminal_) return write(text);
  write(printable_lines(text));
}

void Terminal::write(std::string_view text) {
  if (is_closed_) return;
  const int error = write_all(STDOUT_FILENO, text);
  if (error == 0) return;
  is_closed_ = true;
  failed_ = error != EPIPE;
  if (failed_) complain_about_stdout(error);
  on_closed_();
}

}  // namespace sensors::sensorctl

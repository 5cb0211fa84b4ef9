#include "services/sensor-publisher/drivers/command/program_log.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "common/runtime/event_loop.hpp"

namespace sensors {

namespace {

constexpr std::size_t read_at_once = 4 * 1'024;
constexpr int most_last_reads = 16;  // a pipe has 64 KiB

}  // namespace

ProgramLog::ProgramLog(int fd, RateLimit& limit, std::function<void(const std::string&)> say)
    : fd_(fd), limit_(limit), say_(std::move(say)), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "program-log");
}

void ProgramLog::finish() {
  if (!thread_.joinable()) return;
  interrupt_.raise();
  thread_.join();
}

void ProgramLog::run() {
  while (interrupt_.wait(fd_, Instant::max()) != Interrupt::Wake::interrupted) {
    if (take_some() == Took::all) {
      interrupt_.wait(-1, Instant::max());  // at its end; finish() comes
      break;
    }
  }
  for (int i = 0; i < most_last_reads && take_some() == Took::some; ++i) {
  }
  end_line();
  if (const std::uint64_t left_out = limit_.take_refused(); left_out > 0)
    say_("(" + std::to_string(left_out) + " lines left out)");
}

ProgramLog::Took ProgramLog::take_some() {
  std::array<char, read_at_once> buffer;
  const ssize_t got = read(fd_, buffer.data(), buffer.size());
  if (got < 0) return errno == EAGAIN || errno == EINTR ? Took::nothing_now : Took::all;
  take({buffer.data(), static_cast<std::size_t>(got)});
  return got > 0 ? Took::some : Took::all;
}

void ProgramLog::take(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view part = text.substr(0, end);
    const std::string_view kept = part.substr(0, longest_line_bytes - std::min(longest_line_bytes, line_.size()));
    line_ += kept;
    is_cut_ |= kept.size() < part.size();
    if (end == std::string_view::npos) return;
    end_line();
    text.remove_prefix(end + 1);
  }
}

void ProgramLog::end_line() {
  if (line_.empty()) return;
  if (std::exchange(is_cut_, false)) line_ += "...";
  last_line_ = std::exchange(line_, {});
  if (!limit_.admit(read_clocks().monotonic)) return;
  const std::uint64_t left_out = limit_.take_refused();
  say_(last_line_ + (left_out == 0 ? "" : " (" + std::to_string(left_out) + " lines before it left out)"));
}

}  // namespace sensors

// ProgramLog takes what a program says on stderr, so that it never waits for us: a few lines go into the log, the rest
// is counted there. A thread of its own; made, finished and destroyed on the driver's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "common/core/rate_limit.hpp"
#include "services/sensor-publisher/drivers/interrupt.hpp"

namespace sensors {

class ProgramLog {
 public:
  /// So much of a line is kept.
  static constexpr std::size_t longest_line_bytes = 300;

  /// So many lines at once, and one in each interval: all programs together stay below what the log lets through.
  static RateLimit usual_limit() { return RateLimit(30, Millis{5'000}); }

  /// `say` gets lines as they are, but for their length; called on the thread. `limit` must outlive this: it goes on
  /// through the restarts of a program.
  ProgramLog(int fd, RateLimit& limit, std::function<void(const std::string&)> say);
  ~ProgramLog() { finish(); }
  ProgramLog(const ProgramLog&) = delete;
  ProgramLog& operator=(const ProgramLog&) = delete;

  /// Takes what is in the pipe, at most 64 KiB, says how many lines were left out, and ends. Does not wait for more.
  void finish();

  /// The last line that was not empty. After finish().
  const std::string& last_line() const { return last_line_; }

 private:
  void run();
  enum class Took { some, nothing_now, all };
  Took take_some();
  void take(std::string_view text);
  void end_line();

  int fd_;
  RateLimit& limit_;
  std::function<void(const std::string&)> say_;
  Interrupt interrupt_;
  std::string line_;
  bool is_cut_ = false;
  std::string last_line_;
  std::thread thread_;
};

}  // namespace sensors

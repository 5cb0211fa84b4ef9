#include "common/runtime/log.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <mutex>

#include "common/core/rate_limit.hpp"
#include "common/core/reading.hpp"
#include "common/runtime/event_loop.hpp"

namespace sensors {
namespace {

constexpr std::size_t longest_line_bytes = 4'096;

const char* name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "error";
}

/// The priority that journald reads from the start of a line, sd-daemon(3).
const char* priority_prefix(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "<7>";
    case LogLevel::info: return "<6>";
    case LogLevel::warning: return "<4>";
    case LogLevel::error: return "<3>";
  }
  return "<3>";
}

bool goes_to_journald() { return std::getenv("NOTIFY_SOCKET") != nullptr || std::getenv("JOURNAL_STREAM") != nullptr; }

/// Written by start_log(), before there are threads.
struct LogSettings {
  std::string service = "sensors";
  LogLevel least = LogLevel::info;
  bool to_journald = false;
};

LogSettings& settings() {
  static LogSettings only;
  return only;
}

/// The wall clock with its zone: "2026-11-30T14:05:09.042+01:00".
std::string time_stamp() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::tm local{};
  if (::localtime_r(&now.tv_sec, &local) == nullptr) return "at an unknown time";
  std::array<char, 32> day{};
  std::array<char, 8> zone{};
  const std::size_t day_length = std::strftime(day.data(), day.size(), "%Y-%m-%dT%H:%M:%S", &local);
  const std::size_t zone_length = std::strftime(zone.data(), zone.size(), "%z", &local);
  const std::string millis = std::to_string(1'000 + now.tv_nsec / 1'000'000).substr(1);
  std::string stamp = std::string(day.data(), day_length) + "." + millis + std::string(zone.data(), zone_length);
  if (zone_length == 5) stamp.insert(stamp.size() - 2, 1, ':');
  return stamp;
}

/// One line in one piece, so that lines of several threads, and of other processes, do not mix.
void write_line(LogLevel level, std::string_view text) {
  static std::mutex one_at_a_time;
  std::string line = settings().to_journald ? std::string(priority_prefix(level))
                                            : time_stamp() + " " + settings().service + " " + name_of(level) + ": ";
  line.append(text).append("\n");
  const std::lock_guard lock(one_at_a_time);
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // stderr is gone: there is nowhere to say so
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// The last resort against a storm of lines, which would fill a disk and hide what matters: errors have a limit of
/// their own, so that nothing else can hide them.
class StormLimit {
 public:
  /// Whether a line may be written; when it may, `left_out` is how many before it could not.
  bool admit(bool is_error, std::uint64_t& left_out) {
    const std::lock_guard lock(mutex_);
    RateLimit& limit = is_error ? errors_ : others_;
    if (!limit.admit(read_clocks().monotonic)) return false;
    left_out = limit.take_refused();
    return true;
  }

 private:
  static constexpr int burst = 500;
  static constexpr Millis interval{50};
  std::mutex mutex_;
  RateLimit errors_{burst, interval};
  RateLimit others_{burst, interval};
};

void append_hex(std::string& out, unsigned char byte) {
  constexpr const char* digits = "0123456789abcdef";
  out += "\\x";
  out += digits[byte >> 4U];
  out += digits[byte & 0x0fU];
}

}  // namespace

void start_log(std::string_view service, LogLevel least) {
  settings() = {std::string(service), least, goes_to_journald()};
}

void log(LogLevel level, std::string_view text) {
  if (level < settings().least) return;
  static StormLimit limit;
  std::uint64_t left_out = 0;
  if (!limit.admit(level == LogLevel::error, left_out)) return;
  if (left_out > 0) write_line(level, std::to_string(left_out) + " log lines left out: more than 20 a second");
  write_line(level, escape_for_log(text));
}

void log_last(LogLevel level, std::string_view text) {
  constexpr int patience_ms = 100;
  pollfd out{STDERR_FILENO, POLLOUT, 0};
  if (poll(&out, 1, patience_ms) <= 0 || (out.revents & POLLOUT) == 0) return;
  const std::string start =
      goes_to_journald() ? priority_prefix(level) : settings().service + " " + name_of(level) + ": ";
  const std::string line = start + escape_for_log(text) + "\n";
  // What does not fit is left out: there is nobody to tell.
  if (write(STDERR_FILENO, line.data(), line.size()) < 0) return;
}

void log_lines(LogLevel level, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    log(level, text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

std::string escape_for_log(std::string_view text) {
  std::string_view ending;
  if (text.size() > longest_line_bytes) {
    text = text.substr(0, longest_line_bytes);
    // Not within a character: its continuation bytes are 10xxxxxx.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0U) == 0x80U) text.remove_suffix(1);
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0U) text.remove_suffix(1);
    ending = " [cut]";
  }
  const bool is_text = is_utf8(text);
  std::string out;
  out.reserve(text.size() + ending.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080..U+009F, C2 80 .. C2 9F, are control characters to some terminals.
    const bool starts_c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (byte == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_text)) {
      append_hex(out, byte);
    } else if (starts_c1) {
      append_hex(out, byte);
      append_hex(out, static_cast<unsigned char>(text[++i]));
    } else {
      out += text[i];
    }
  }
  out += ending;
  return out;
}

Result<LogLevel> log_level_from(std::string_view name) {
  if (name == "debug") return LogLevel::debug;
  if (name == "info") return LogLevel::info;
  if (name == "warning") return LogLevel::warning;
  if (name == "error") return LogLevel::error;
  return fail(ErrorCode::invalid, "log level '" + std::string(name) + "': use debug, info, warning or error");
}

}  // namespace sensors

#include "common/runtime/log.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <mutex>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "common/core/rate_limit.hpp"
#include "common/core/reading.hpp"
#include "common/runtime/event_loop.hpp"

namespace sensors {
namespace {

constexpr std::size_t longest_line_bytes = 4'096;

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// The priority that journald reads from the start of a line, sd-daemon(3).
const char* priority_prefix(spdlog::level::level_enum level) {
  if (level <= spdlog::level::debug) return "<7>";
  if (level == spdlog::level::warn) return "<4>";
  return level >= spdlog::level::err ? "<3>" : "<6>";
}

bool goes_to_journald() { return std::getenv("NOTIFY_SOCKET") != nullptr || std::getenv("JOURNAL_STREAM") != nullptr; }

class PriorityFlag : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const char* prefix = priority_prefix(message.level);
    out.append(prefix, prefix + 3);
  }

  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<PriorityFlag>(); }
};

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
  auto logger =
      std::make_shared<spdlog::logger>(std::string(service), std::make_shared<spdlog::sinks::stderr_sink_mt>());
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  if (goes_to_journald()) {
    formatter->add_flag<PriorityFlag>('*').set_pattern("%*%v");
  } else {
    formatter->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %n %l: %v");
  }
  logger->set_formatter(std::move(formatter));
  logger->set_level(to_spdlog(least));
  logger->set_error_handler([](const std::string&) {});  // stderr is gone: there is nowhere to say so
  spdlog::set_default_logger(std::move(logger));
}

void log(LogLevel level, std::string_view text) {
  const spdlog::level::level_enum spdlog_level = to_spdlog(level);
  if (!spdlog::default_logger_raw()->should_log(spdlog_level)) return;
  static StormLimit limit;
  std::uint64_t left_out = 0;
  if (!limit.admit(level == LogLevel::error, left_out)) return;
  if (left_out > 0) {
    const std::string line = std::to_string(left_out) + " log lines left out: more than 20 a second";
    spdlog::default_logger_raw()->log(spdlog_level, spdlog::string_view_t(line));
  }
  spdlog::default_logger_raw()->log(spdlog_level, spdlog::string_view_t(escape_for_log(text)));
}

void log_last(LogLevel level, std::string_view text) {
  constexpr int patience_ms = 100;
  pollfd out{STDERR_FILENO, POLLOUT, 0};
  if (poll(&out, 1, patience_ms) <= 0 || (out.revents & POLLOUT) == 0) return;
  const spdlog::string_view_t level_name = spdlog::level::to_string_view(to_spdlog(level));
  const std::string start = goes_to_journald() ? priority_prefix(to_spdlog(level))
                                               : spdlog::default_logger_raw()->name() + " " +
                                                     std::string(level_name.data(), level_name.size()) + ": ";
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

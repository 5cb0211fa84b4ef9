// Log lines to stderr: with systemd's <N> priority prefix when NOTIFY_SOCKET or JOURNAL_STREAM is set, with a
// time stamp otherwise. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/core/result.hpp"
#include "common/core/service_events.hpp"

namespace sensors {

/// Once, first thing in main and before any thread. `service` stands in each line that goes to a terminal.
void start_log(std::string_view service, LogLevel least);

/// One line. What could break or forge a line (control characters, bytes that are not UTF-8) is escaped as \n or
/// \x1b, and a line beyond 4 KiB is cut. Beyond 500 at once and 20 a second, errors apart, lines are left out, and the
/// next one that is written says how many.
void log(LogLevel level, std::string_view text);

/// The same for a process that is about to be ended because it hangs: takes no lock, and leaves the line out when
/// nobody takes it within 100 ms.
void log_last(LogLevel level, std::string_view text);

/// A log line for each line of `text`: for lists of our own, such as the mistakes of a configuration file.
void log_lines(LogLevel level, std::string_view text);

/// `text` as log() writes it.
std::string escape_for_log(std::string_view text);

/// "debug", "info", "warning" or "error".
Result<LogLevel> log_level_from(std::string_view name);

}  // namespace sensors

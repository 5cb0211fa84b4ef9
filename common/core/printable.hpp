// printable_line() and printable_lines() make text of others fit for our logs, events and databases. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sensors {

/// `text` on one line of at most `most_bytes` bytes of UTF-8: each run of blanks and control characters (C0, DEL, C1)
/// becomes one space, what is not UTF-8 a question mark, blanks at both ends go. What is cut ends with "...", which
/// `most_bytes`, 4 or more, includes.
std::string printable_line(std::string_view text, std::size_t most_bytes);

/// `text` with its lines, for a terminal: line feeds, a carriage return before one, and tabs stay. Other control
/// characters (C0, DEL, C1), which a terminal would obey, and bytes that are no UTF-8 become \xNN.
std::string printable_lines(std::string_view text);

}  // namespace sensors

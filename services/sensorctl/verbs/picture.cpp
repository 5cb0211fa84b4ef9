// ECMA-48: CSI H goes to the corner, CSI K clears to the end of the line, CSI J to the end of the window, CSI 2 J all.
#include "services/sensorctl/verbs/picture.hpp"

#include <algorithm>

namespace sensors::sensorctl {

namespace {

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

/// The first `columns` characters of UTF-8.
std::string_view cut_to(std::string_view line, std::size_t columns) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (begins_character(line[i]) && ++seen > columns) return line.substr(0, i);
  }
  return line;
}

}  // namespace

std::string over_the_last(std::string_view text, WindowSize window, bool is_first) {
  std::string out = is_first ? "\x1b[2J\x1b[H" : "\x1b[H";
  // The last row stays empty: it holds the cursor.
  for (std::size_t row = 0; row + 1 < window.rows && !text.empty(); ++row) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out.append(cut_to(text.substr(0, end), window.columns)).append("\x1b[K\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + "\x1b[J";
}

}  // namespace sensors::sensorctl

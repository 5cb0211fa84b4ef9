#include "common/core/printable.hpp"

#include "common/core/reading.hpp"

namespace sensors {

namespace {

constexpr std::string_view cut_mark = "...";

/// Length of the UTF-8 sequence that `text` begins with, 0 when it begins with none.
std::size_t sequence_length(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (is_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

bool is_blank(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence.front());
  if (sequence.size() == 1) return lead <= 0x20 || lead == 0x7f;
  return lead == 0xc2 && static_cast<unsigned char>(sequence[1]) <= 0xa0;  // C1, and the blank that does not break
}

/// The length of `line` without what does not fit into `room` bytes, at the end of a sequence.
std::size_t end_within(std::string_view line, std::size_t room) {
  std::size_t end = 0;
  while (true) {
    const std::size_t length = sequence_length(line.substr(end));
    if (length == 0 || end + length > room) return end;
    end += length;
  }
}

}  // namespace

std::string printable_line(std::string_view text, std::size_t most_bytes) {
  std::string line;
  bool after_blank = false;
  while (!text.empty() && line.size() <= most_bytes) {
    const std::size_t length = sequence_length(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(sequence.size());
    if (length != 0 && is_blank(sequence)) {
      after_blank = true;
      continue;
    }
    if (after_blank && !line.empty()) line += ' ';
    after_blank = false;
    line += length == 0 ? std::string_view("?") : sequence;
  }
  if (line.size() <= most_bytes) return line;
  line.resize(end_within(line, most_bytes - cut_mark.size()));
  return line.append(cut_mark);
}

std::string printable_lines(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    const auto lead = static_cast<unsigned char>(sequence.front());
    const bool is_c1 = length == 2 && lead == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0;
    const bool is_layout = lead == '\n' || lead == '\t' || text.starts_with("\r\n");
    const bool is_shown = length != 0 && !is_c1 && ((lead >= 0x20 && lead != 0x7f) || is_layout);
    for (const char c : sequence) {
      const auto byte = static_cast<unsigned char>(c);
      if (is_shown) out += c;
      if (!is_shown) out.append("\\x").append(1, digits[byte >> 4U]).append(1, digits[byte & 0xfU]);
    }
    text.remove_prefix(sequence.size());
  }
  return out;
}

}  // namespace sensors

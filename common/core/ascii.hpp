// Characters of ASCII, whatever the locale: letters as protocols compare names, whatever their case, and what is no
// text. Pure.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace sensors {

constexpr char lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// What is for machines: a line end, a tabulator, DEL, ...
constexpr bool is_control_ascii(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

inline std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower_ascii(c);
  return out;
}

/// Whether they are the same but for the case of letters.
inline bool is_same_ascii(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower_ascii(x) == lower_ascii(y); });
}

}  // namespace sensors

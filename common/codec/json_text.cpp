#include "common/codec/json_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "common/codec/reading_json.hpp"

namespace sensors {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view replacement_character = "\xef\xbf\xbd";
constexpr double integers_stay_exact = 9007199254740992.0;  // 2^53

constexpr bool stands_for_itself(char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += hex_digits[byte >> 4U];
  out += hex_digits[byte & 0xfU];
}

/// Appends the UTF-8 sequence at `at`, or U+FFFD for one byte that begins none; returns the bytes consumed.
std::size_t append_sequence(std::string& out, std::string_view text, std::size_t at) {
  for (std::size_t length = 2; length <= 4 && at + length <= text.size(); ++length) {
    if (const std::string_view sequence = text.substr(at, length); is_utf8(sequence)) {
      out += sequence;
      return length;
    }
  }
  out += replacement_character;
  return 1;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && stands_for_itself(text[end])) ++end;
    out.append(text, at, end - at);
    at = end;
    if (at == text.size()) break;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      append_escaped(out, text[at++]);
    } else {
      at += append_sequence(out, text, at);
    }
  }
  out += '"';
}

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 32> text;
  const std::to_chars_result result = std::to_chars(text.data(), text.data() + text.size(), value);
  const std::string_view digits(text.data(), static_cast<std::size_t>(result.ptr - text.data()));
  out += digits;
  // "-0" would come back as the integer 0, and integers beyond 64 bits are refused by many parsers.
  const bool reads_as_other = (value == 0 && std::signbit(value)) || std::abs(value) >= integers_stay_exact;
  if (reads_as_other && digits.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void append_whole(std::string& out, std::uint64_t value) {
  std::array<char, 20> text;
  const std::to_chars_result result = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), static_cast<std::size_t>(result.ptr - text.data()));
}

void append_text_field(std::string& out, std::string_view lead, std::string_view text) {
  out += lead;
  append_json_string(out, text);
}

void append_whole_field(std::string& out, std::string_view lead, std::uint64_t value) {
  out += lead;
  append_whole(out, value);
}

}  // namespace sensors

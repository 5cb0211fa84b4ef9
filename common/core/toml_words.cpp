#include "common/core/toml_words.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "common/core/ascii.hpp"
#include "common/core/printable.hpp"
#include "common/core/secret_name.hpp"

namespace sensors::toml_words {

namespace {

constexpr std::size_t most_shown = 60;
constexpr std::size_t most_looked_at = 200;

/// What word processors and web pages make of " and '.
constexpr std::array<std::string_view, 13> odd_quotes{"\u201c", "\u201d", "\u201e", "\u201f", "\u2018",
                                                      "\u2019", "\u201a", "\u201b", "\u00ab", "\u00bb",
                                                      "\u2033", "\u00b4", "`"};

/// What looks like a blank, or like nothing.
constexpr std::array<std::string_view, 6> odd_blanks{"\u00a0", "\u200b", "\ufeff", "\u2003", "\u202f", "\u3000"};

template <std::size_t N>
std::size_t first_of(std::string_view text, const std::array<std::string_view, N>& odd) {
  std::size_t first = std::string_view::npos;
  for (const std::string_view one : odd) first = std::min(first, text.find(one));
  return first;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(blanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

std::string shown(std::string_view text) { return printable_line(text.substr(0, most_looked_at), most_shown); }

std::size_t odd_quote_in(std::string_view text) { return first_of(text, odd_quotes); }

std::size_t odd_blank_in(std::string_view text) { return first_of(text, odd_blanks); }

std::string with_straight_quotes(std::string_view text) {
  std::string out(text.substr(0, most_looked_at));
  for (const std::string_view odd : odd_quotes) {
    for (std::size_t at = out.find(odd); at != std::string::npos; at = out.find(odd)) out.replace(at, odd.size(), "\"");
  }
  return out;
}

bool is_of_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; }

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    const bool is_more_of_one = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (!is_more_of_one) plain += is_of_name(c) || c == '.' ? c : '_';
  }
  return plain;
}

bool is_bare_value(std::string_view word) {
  if (word == "true" || word == "false") return true;
  std::string_view number = word;
  if (!number.empty() && (number.front() == '+' || number.front() == '-')) number.remove_prefix(1);
  if (number == "inf" || number == "nan") return true;
  const bool has_base =
      number.size() > 2 && number[0] == '0' && (number[1] == 'x' || number[1] == 'o' || number[1] == 'b');
  if (has_base) return number.find_first_not_of("0123456789abcdefABCDEF_", 2) == std::string_view::npos;
  if (number.empty() || std::isdigit(static_cast<unsigned char>(number.front())) == 0) return false;
  const bool is_time = number.find(':') != std::string_view::npos;
  if (!is_time && number.size() > 1 && number[0] == '0' && std::isdigit(static_cast<unsigned char>(number[1])) != 0)
    return false;
  return number.find_first_not_of("0123456789_.eE+-:TZ ") == std::string_view::npos && number.back() != '.' &&
         std::count(number.begin(), number.end(), '.') < 2;
}

std::string instead_of(std::string_view word) {
  const std::string lower = lower_ascii(word);
  if (lower == "true" || lower == "false") return "is written in small letters: " + lower;
  if (lower == "yes" || lower == "no" || lower == "on" || lower == "off") {
    return "a bare word is no value: write true or false, or a text in quotes, \"" + std::string(word) + "\"";
  }
  const std::size_t comma = word.find(',');
  if (comma != std::string_view::npos && all_digits(word.substr(0, comma)) && all_digits(word.substr(comma + 1)))
    return "a number has a point: " + std::string(word.substr(0, comma)) + "." + std::string(word.substr(comma + 1));
  if (all_digits(word)) {
    const std::size_t digit = std::min(word.find_first_not_of('0'), word.size() - 1);
    return "a number has no zeros before it: " + std::string(word.substr(digit));
  }
  const bool is_comment = word.starts_with("//") || word.starts_with(";");
  if (is_comment) return "the value is missing; a comment begins with #";
  return "";
}

std::string instead_behind(std::string_view rest) {
  if (rest.starts_with("//") || rest.starts_with("--")) return "a comment begins with #";
  if (rest.empty() || (rest.front() != ',' && rest.front() != ';')) return "";
  const std::string_view more = trimmed(rest.substr(1));
  const bool is_last = more.empty() || more.front() == '#';
  if (rest.front() == ',') return is_last ? "a comma stands behind it: delete it" : "";
  return is_last ? "a semicolon stands behind it: delete it" : "a comment begins with #";
}

std::string list_meant_by(const std::string& line) {
  constexpr std::size_t most_listed_bytes = 200;
  const bool is_plain = line.size() <= most_listed_bytes && line.find_first_of("\"'\\`$") == std::string::npos;
  if (!is_plain || may_hold_secret(line)) return "";
  std::string out;
  for (std::string_view rest = trimmed(line); !rest.empty(); rest = trimmed(rest)) {
    const std::string_view word = rest.substr(0, rest.find_first_of(blanks));
    out += (out.empty() ? "[\"" : ", \"") + printable_line(word, most_listed_bytes) + "\"";
    rest.remove_prefix(word.size());
  }
  return out.empty() ? "" : out + "]";
}

std::size_t end_of_bare(std::string_view word) {
  std::size_t end = word.size();
  for (const std::string_view comment : {" //", "\t//", " --", " ;"}) end = std::min(end, word.find(comment));
  word = trimmed(word.substr(0, end));
  while (word.ends_with(',') || word.ends_with(';')) word = trimmed(word.substr(0, word.size() - 1));
  return word.size();
}

std::size_t first_odd_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t more = c < 0x80                ? 0
                             : c >= 0xF0 && c < 0xF5 ? 3
                             : c >= 0xE0 && c < 0xF0 ? 2
                             : c >= 0xC2 && c < 0xE0 ? 1
                                                     : 9;
    if (more == 9 || i + more >= text.size()) return i;
    for (std::size_t j = 1; j <= more; ++j) {
      if ((static_cast<unsigned char>(text[i + j]) & 0xC0) != 0x80) return i;
    }
    i += more + 1;
  }
  return std::string_view::npos;
}

}  // namespace sensors::toml_words

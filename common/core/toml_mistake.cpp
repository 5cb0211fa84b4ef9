// Walks over the text statement by statement, a table's head or a key with its value, and stops at the first that is
// not as TOML has it. What it does not look into (inline tables, dates, several lines of text) it takes for right.
#include "common/core/toml_mistake.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "common/core/secret_name.hpp"
#include "common/core/toml_words.hpp"

namespace sensors {

namespace toml_words {

namespace {

using Found = std::optional<std::pair<std::size_t, std::string>>;  // where in the text, and what

class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  /// The first slip that begins before `end`.
  Found slip_before(std::size_t end) {
    while (at_ < end && at_ < text_.size()) {
      if (Found found = statement(); found.has_value()) return found;
    }
    return std::nullopt;
  }

 private:
  std::string_view line() const { return text_.substr(at_, text_.find('\n', at_) - at_); }
  void next_line() { at_ = std::min(text_.find('\n', at_), text_.size() - 1) + 1; }
  std::size_t line_number(std::size_t at) const {
    return static_cast<std::size_t>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n')) +
           1;
  }
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(blanks, at_), text_.size()); }

  Found here(const std::string& what) const { return std::pair(at_, what); }
  Found of_key(const std::string& what) const { return std::pair(at_, name_shown(table_ + key_) + ": " + what); }

  /// What may be a value, of the key or in the line that the walk is at.
  std::string value_shown(std::string_view part) const {
    const std::size_t begin = at_ == 0 ? 0 : text_.rfind('\n', at_ - 1) + 1;
    const std::string_view whole = text_.substr(begin, text_.find('\n', at_) - begin);
    return may_hold_secret(table_ + key_) || may_hold_secret(whole) ? "..." : shown(part);
  }

  /// What is meant for a name; a slip can make one of a URL.
  static std::string name_shown(std::string_view name) {
    return name.find("://") != std::string_view::npos || name.find_first_of("@=") != std::string_view::npos
               ? "..."
               : shown(name);
  }

  Found statement() {
    if (at_ == 0 && text_.starts_with("\ufeff")) at_ = 3;
    skip_blanks();
    key_.clear();
    const std::string_view all = trimmed(line());
    if (all.empty() || all.front() == '#') {
      next_line();
      return std::nullopt;
    }
    if (odd_blank_in(all) == 0) return here("begins with a character that is no blank, as web pages have: delete it");
    return all.front() == '[' ? head(all) : pair();
  }

  /// [a.b] or [[a]].
  Found head(std::string_view all) {
    const bool is_list = all.starts_with("[[");
    const std::string close = is_list ? "]]" : "]";
    const std::size_t end = all.find(close);
    const std::string_view name = trimmed(all.substr(close.size(), std::min(end, all.find('#')) - close.size()));
    const std::string open = is_list ? "[[" : "[";
    if (end == std::string_view::npos || all.substr(0, end).find('#') != std::string_view::npos)
      return here("the bracket is not closed: write " + open + name_shown(name) + close);
    if (name.find_first_of("\"'") == std::string_view::npos) {
      const std::string plain = plain_name(name);
      if (plain != name) {
        return here("[" + name_shown(name) + "]: a name has letters of A-Z a-z, digits, '_' and '-': write " + open +
                    plain + close);
      }
    }
    const std::string_view rest = trimmed(all.substr(end + close.size()));
    if (const std::string better = instead_behind(rest); !better.empty())
      return here(open + name_shown(name) + close + ": " + better);
    if (!rest.empty() && rest.front() != '#')
      return here("'" + value_shown(rest) + "' stands behind " + open + name_shown(name) + close +
                  ": put it into the next line");
    table_ = std::string(name) + ".";
    if (is_list) {
      ++lists_;
    } else if (const auto [other, is_new] = seen_.try_emplace(std::to_string(lists_) + "[" + std::string(name), at_);
               !is_new) {
      return here("[" + name_shown(name) + "] is there already, in line " + std::to_string(line_number(other->second)) +
                  ": put its keys there");
    }
    next_line();
    return std::nullopt;
  }

  /// KEY = VALUE.
  Found pair() {
    const std::string_view all = line();
    const std::size_t equals = all.find('=');
    const std::size_t colon = all.find(':');
    if (all.starts_with("//") || all.starts_with(";")) return here("a comment begins with #");
    if (odd_quote_in(all.substr(0, equals)) == 0)
      return here("a key stands without quotes, or in straight ones: " +
                  value_shown(with_straight_quotes(trimmed(all))));
    if (equals == std::string_view::npos || colon < equals) return without_equals(all);
    key_ = std::string(trimmed(all.substr(0, equals)));
    if (key_.empty()) return here("the key before '=' is missing");
    if (key_.find_first_of("\"'") == std::string::npos && plain_name(key_) != key_)
      return here("'" + name_shown(key_) + "' is no key: one has letters of A-Z a-z, digits, '_' and '-', such as " +
                  name_shown(plain_name(key_)));
    const std::string place = std::to_string(lists_) + table_ + key_;
    const auto [other, is_new] = seen_.try_emplace(place, at_);
    if (!is_new)
      return of_key("is there already, in line " + std::to_string(line_number(other->second)) + ": keep one");
    at_ += equals + 1;
    skip_blanks();
    if (Found found = value(); found.has_value()) return found;
    return behind_value();
  }

  Found without_equals(std::string_view all) const {
    const std::size_t end = std::min(all.find_first_of(": \t"), all.size());
    const std::string_view key = trimmed(all.substr(0, end));
    const std::size_t from = std::min(all.find_first_not_of(": \t=", end), all.size());
    const std::string_view value = trimmed(all.substr(from));
    if (key.empty() || key.find_first_of("\"'[]{},") != std::string_view::npos)
      return here("'" + value_shown(all) + "' is no key with its value: KEY = VALUE");
    return here("a key and its value have '=' between them: " + name_shown(key) + " = " +
                (value.empty() ? "..." : value_shown(value)));
  }

  Found behind_value() {
    skip_blanks();
    const std::string_view rest = trimmed(line());
    if (!rest.empty() && rest.front() != '#') {
      if (const std::string better = instead_behind(rest); !better.empty()) return of_key(better);
      if (rest.front() == ',') return of_key("several values stand in brackets: " + name_shown(key_) + " = [..., ...]");
      return of_key("'" + value_shown(rest) + "' stands behind the value: put it into the next line, or behind a #");
    }
    next_line();
    return std::nullopt;
  }

  Found value() {
    const std::string_view all = line();
    if (trimmed(all).empty() || all.front() == '#') return of_key("the value is missing");
    if (all.front() == '=') return of_key("there is one '=' too many");
    if (odd_quote_in(all) == 0) return curly(all);
    if (all.starts_with("\"\"\"") || all.starts_with("'''")) return lines_of_text(all.substr(0, 3));
    if (all.front() == '"' || all.front() == '\'') return quoted(all.front(), "\n#", false);
    if (all.front() == '[') return list();
    if (all.front() == '{') {
      at_ += all.size();
      return std::nullopt;
    }
    return bare(all.find_first_of("#\n"), false);
  }

  /// Of a list, which goes on behind it.
  Found curly_element(std::string_view all) const {
    const std::string straight = with_straight_quotes(all);  // its first character is a quote
    std::size_t end = straight.find_first_of("\"'", 1);
    if (end == std::string::npos) end = std::min(straight.find_first_of(",]#"), straight.size());
    return of_key("curly quotes are no quotes here, straight ones are: \"" +
                  value_shown(trimmed(std::string_view(straight).substr(1, end - 1))) + '"');
  }

  Found curly(std::string_view all) const {
    return of_key("curly quotes are no quotes here, straight ones are: " +
                  value_shown(with_straight_quotes(trimmed(all))));
  }

  Found lines_of_text(std::string_view quotes) {
    const std::size_t end = text_.find(quotes, at_ + quotes.size());
    if (end == std::string_view::npos)
      return of_key("the text that begins here is not closed: " + std::string(quotes) + " is missing");
    at_ = end + quotes.size();
    return std::nullopt;
  }

  /// `ends`: what a person meant to stand behind it.
  Found quoted(char quote, const char* ends, bool is_in_list) {
    const std::string_view all = line();
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (all[i] == quote) {
        at_ += i + 1;
        return std::nullopt;
      }
      if (quote != '"' || all[i] != '\\') continue;
      if (i + 1 == all.size() || std::string_view("btnfr\"\\uU").find(all[i + 1]) == std::string_view::npos) {
        return of_key(
            "a \\ in \"...\" stands for another character: write \\\\, or put the text in single quotes, '...'");
      }
      ++i;
    }
    if (odd_quote_in(all) != std::string_view::npos) return is_in_list ? curly_element(all) : curly(all);
    const std::string_view meant = trimmed(all.substr(1, all.find_first_of(ends, 1) - 1));
    return of_key("the closing quote is missing: " + std::string(1, quote) + value_shown(meant) + quote);
  }

  /// A value without quotes, up to `end` of the line.
  Found bare(std::size_t end, bool is_in_list) {
    const std::string_view whole = trimmed(line().substr(0, end));
    const std::size_t stop = is_in_list ? 0 : end_of_bare(whole);
    const std::string_view word = stop == 0 ? whole : whole.substr(0, stop);
    if (word.size() < whole.size() && is_bare_value(word)) {
      at_ += word.size();
      return behind_value();
    }
    if (!is_bare_value(word)) {
      if (odd_blank_in(word) != std::string_view::npos)
        return of_key("a character that is no blank, as web pages have, stands in '" + value_shown(word) +
                      "': delete it");
      const bool is_hidden = value_shown(word) != shown(word);  // a PIN with a zero before it is no number
      const std::string better = is_hidden ? "" : instead_of(word);
      if (!better.empty()) return of_key(better);
      const bool has_quote = word.back() == '"' || word.back() == '\'';
      const std::string text = with_straight_quotes(has_quote ? word.substr(0, word.size() - 1) : word);
      return of_key((has_quote ? "the opening quote is missing: " : "a text stands in quotes: ") +
                    (is_in_list ? "" : name_shown(key_) + " = ") + '"' + value_shown(text) + '"');
    }
    at_ += word.size();
    return std::nullopt;
  }

  /// Over as many lines as it has; at the next key or table it was not closed.
  Found list() {
    const std::size_t begin = at_;
    std::size_t depth = 0;
    std::size_t last = begin;  // where the last element begins
    bool wants_comma = false;
    do {
      at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
      const std::string_view all = line();
      if (at_ == text_.size() || looks_like_statement(begin)) {
        at_ = begin;
        return of_key("the list is not closed: ] is missing");
      }
      const char c = all.front();
      if (c == '{') {  // tables without a line of their own: not looked into
        at_ = text_.size();
        return std::nullopt;
      }
      if (c == '#') {
        at_ += all.size();
      } else if (c == ',' || c == ']') {
        depth -= c == ']' ? 1 : 0;
        wants_comma = c == ']';
        ++at_;
      } else if (wants_comma && c == ';') {
        return of_key("values in brackets have commas between them, no semicolons");
      } else if (wants_comma && odd_quote_in(text_.substr(last, at_ - last)) != std::string_view::npos) {
        at_ = last;  // its closing quote is a curly one, and the text went on to the next quote
        return curly_element(line());
      } else if (wants_comma) {
        return of_key("a comma is missing before " + value_shown(trimmed(all.substr(0, all.find_first_of(",]\n")))));
      } else if (c == '[') {
        ++depth;
        ++at_;
      } else {
        last = at_;
        if (Found found = element(all); found.has_value()) return found;
        wants_comma = true;
      }
    } while (depth > 0);
    return std::nullopt;
  }

  Found element(std::string_view all) {
    if (odd_quote_in(all) == 0) return curly_element(all);
    if (all.front() == '"' || all.front() == '\'') return quoted(all.front(), ",]#\n", true);
    return bare(all.find_first_of(",]#\n"), true);
  }

  /// Whether a line begins here that is none of a list: a key with '=', or a table.
  bool looks_like_statement(std::size_t begin) const {
    const std::size_t start = text_.rfind('\n', at_) + 1;
    if (start <= begin || !trimmed(text_.substr(start, at_ - start)).empty()) return false;
    const std::string_view all = line();
    const std::size_t name = std::min(
        static_cast<std::size_t>(std::find_if_not(all.begin(), all.end(), is_of_name) - all.begin()), all.size());
    if (name > 0) return trimmed(all.substr(name)).starts_with("=");
    return all.front() == '[' && all.size() > 1 && is_of_name(all[1]) && trimmed(all).back() == ']';
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string table_;  // "mqtt."
  std::string key_;
  std::size_t lists_ = 0;                    // [[tables]] so far: each may have the same keys
  std::map<std::string, std::size_t> seen_;  // tables and keys, with where they stand
};

Found slip_in(std::string_view text, std::size_t line) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff") || text.find('\0') != std::string_view::npos)
    return std::pair(std::size_t{0}, "the file is not UTF-8, but UTF-16 or no text: save it as UTF-8");
  if (const std::size_t odd = first_odd_byte(text); odd != std::string_view::npos)
    return std::pair(odd, "a letter is not UTF-8: save the file as UTF-8");
  std::size_t end = 0;
  for (std::size_t i = 0; i < line && end < text.size(); ++i) end = std::min(text.find('\n', end), text.size() - 1) + 1;
  return Walk(text).slip_before(end);
}

}  // namespace

}  // namespace toml_words

std::optional<TomlMistake> explain_toml(std::string_view text, std::size_t line) {
  const toml_words::Found found = toml_words::slip_in(text, line);
  if (!found.has_value()) return std::nullopt;
  const std::string_view before = text.substr(0, found->first);
  const auto lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t start = lines == 0 ? 0 : before.rfind('\n') + 1;
  return TomlMistake{lines + 1, found->first - start + 1, found->second};
}

std::string quotable_slip(std::string_view text, std::size_t line, std::string_view said) {
  for (; line > 1; --line) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return may_hold_secret(text.substr(0, text.find('\n'))) ? "TOML cannot read this line" : std::string(said);
}

}  // namespace sensors

// Line by line:
//   [,;...] name ["'\] [= : or >] value      the value goes, to the end of the line, when the name is secret; where it
//                                            stands on the next line, that one; a value in brackets to their end
//   name value                               the same where the name begins the line, as in mosquitto.conf
//   --name ...                               the same for an option of a program
//   name = """ or '''                        the value goes to the closing quotes (TOML 1.0, multi-line strings)
//   -P word, -u word, -pword                 the word goes: options of curl, mosquitto_pub, mysql
//   scheme://user@host/path?query            of it stay scheme, host, and words of the path that say nothing
//   Bearer word, Basic word                  the word goes
//   -----BEGIN ... to -----END               goes
//   a word that looks like chance            goes
#include "services/sensorctl/redaction/redact.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "common/core/ascii.hpp"
#include "common/core/secret_name.hpp"
#include "services/sensorctl/redaction/secret_words.hpp"

namespace sensors::bundle {

namespace {

constexpr std::size_t shortest_secret = 6;
constexpr int most_passes = 8;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::size_t skip_blanks(std::string_view line, std::size_t at) {
  while (at < line.size() && is_blank(line[at])) ++at;
  return at;
}

/// Where the value of the name that ends at `end` begins, line.size() when it must be on the next line; npos when the
/// name has none.
std::size_t value_of(std::string_view line, std::size_t begin, std::size_t end) {
  const bool is_option = line[begin] == '-';
  const bool begins_line = skip_blanks(line, 0) == begin;
  std::size_t at = end;
  while (at < line.size() && (line[at] == '"' || line[at] == '\'' || line[at] == '\\')) ++at;
  at = skip_blanks(line, at);
  if (at < line.size() && (line[at] == '=' || line[at] == ':' || line[at] == '>')) return skip_blanks(line, at + 1);
  if (!is_option && !(begins_line && at > end)) return std::string_view::npos;
  return at < line.size() ? at : std::string_view::npos;
}

/// Where the first value begins that belongs to a secret name; npos when there is none.
std::size_t secret_value_in(std::string_view line) {
  for (std::size_t begin = 0; begin < line.size(); ++begin) {
    if (!is_name_character(line[begin])) continue;
    std::size_t end = begin;
    while (end < line.size() && is_name_character(line[end])) ++end;
    const std::size_t value = value_of(line, begin, end);
    if (value != std::string_view::npos && is_secret_name(line.substr(begin, end - begin))) return value;
    begin = end;
  }
  return std::string_view::npos;
}

/// The quotes with which a text of several lines begins in `value` and does not end there; empty when it does not.
std::string_view open_quotes_in(std::string_view value) {
  for (const std::string_view quotes : {std::string_view("\"\"\""), std::string_view("'''")}) {
    const std::size_t first = value.find(quotes);
    if (first != std::string_view::npos && value.find(quotes, first + 3) == std::string_view::npos) return quotes;
  }
  return {};
}

long brackets_in(std::string_view text) {
  const auto count = [&](char c) { return std::count(text.begin(), text.end(), c); };
  return count('{') + count('[') - count('}') - count(']');
}

/// One word of a command line in three: options whose value is a password or a user, in whatever program.
std::string without_short_options(std::string_view line) {
  constexpr std::string_view separators = " \t\r\"',";
  std::string out;
  bool is_value = false;
  while (!line.empty()) {
    const std::size_t gap = std::min(line.find_first_not_of(separators), line.size());
    out.append(line.substr(0, gap));
    line.remove_prefix(gap);
    const std::string_view word = line.substr(0, line.find_first_of(separators));
    line.remove_prefix(word.size());
    const bool is_number = word.find_first_not_of("0123456789") == std::string_view::npos;
    const bool is_attached =
        word.size() > 2 && word.starts_with("-p") && word.find_first_not_of("0123456789", 2) != std::string_view::npos;
    if (is_value && !is_number && !word.starts_with('-')) {
      out.append(removed);
    } else if (is_attached) {
      out.append("-p").append(removed);
    } else {
      out.append(word);
    }
    is_value = word == "-P" || word == "-u" || word == "-p" || word == "-pw" || word == "-U" || word == "-k";
  }
  return out;
}

/// Takes the word behind "Bearer " and "Basic " out.
std::string without_bearers(std::string_view line) {
  std::string out;
  const std::string lowered = lower_ascii(line);
  std::size_t done = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const std::string_view rest = std::string_view(lowered).substr(at);
    const std::size_t scheme = rest.starts_with("bearer ") ? 7 : rest.starts_with("basic ") ? 6 : 0;
    if (scheme == 0) continue;
    const std::size_t begin = skip_blanks(line, at + scheme);
    const std::size_t end = std::min(line.find_first_of(" \t\r\"',;", begin), line.size());
    if (begin == end) continue;
    out.append(line.substr(done, begin - done)).append(removed);
    done = end;
    at = end - 1;
  }
  return out.append(line.substr(done));
}

std::string without_each(std::string text, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    if (secret.size() < shortest_secret || removed.find(secret) != std::string_view::npos) continue;
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + removed.size())) {
      text.replace(at, secret.size(), removed);
    }
  }
  return text;
}

/// What is left out goes on over lines.
class Pass {
 public:
  std::string run(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      const std::optional<std::string> line = take(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (!line.has_value()) continue;
      out.append(*line);
      if (end != std::string_view::npos) out += '\n';
    }
    return out;
  }

 private:
  /// Nothing: the line goes.
  std::optional<std::string> take(std::string_view raw) {
    if (is_in_block_) {
      is_in_block_ = raw.find("-----END") == std::string_view::npos;
      return std::nullopt;
    }
    if (!quotes_.empty()) {
      if (raw.find(quotes_) != std::string_view::npos) quotes_ = {};
      return std::nullopt;
    }
    if (brackets_ > 0) {
      brackets_ += brackets_in(raw);
      return std::nullopt;
    }
    if (value_hangs_ && skip_blanks(raw, 0) < raw.size()) {
      value_hangs_ = false;
      brackets_ = brackets_in(raw);
      quotes_ = open_quotes_in(raw);
      return std::string(removed);
    }
    if (const std::size_t block = raw.find("-----BEGIN "); block != std::string_view::npos) {
      is_in_block_ = raw.find("-----END", block) == std::string_view::npos;
      return std::string(raw.substr(0, block)).append(removed);
    }
    return without_values(raw);
  }

  std::string without_values(std::string_view raw) {
    // URLs first: a name in their user part would hide what stands before its value.
    std::string line = without_random_words(without_short_options(without_bearers(without_urls(raw))));
    const std::size_t value = secret_value_in(line);
    if (value == std::string_view::npos) return line;
    const std::string_view rest = std::string_view(line).substr(std::min(value, line.size()));
    quotes_ = open_quotes_in(rest);
    brackets_ =
        quotes_.empty() && (rest.starts_with('{') || rest.starts_with('[')) && rest != removed ? brackets_in(rest) : 0;
    value_hangs_ = rest.empty();
    return rest.empty() ? line : line.substr(0, value).append(removed);
  }

  bool is_in_block_ = false;
  std::string_view quotes_;  // of a secret text of several lines that we are in
  long brackets_ = 0;        // open ones of a secret value
  bool value_hangs_ = false;
};

}  // namespace

std::string redact(std::string_view text, const std::vector<std::string>& secrets) {
  std::string out = without_each(std::string(text), secrets);
  for (int i = 0; i < most_passes; ++i) {
    std::string next = Pass().run(out);
    if (next == out) break;
    out = std::move(next);
  }
  return out;
}

}  // namespace sensors::bundle

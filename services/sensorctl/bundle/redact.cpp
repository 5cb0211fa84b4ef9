// Line by line:
//   [,;...] name ["'] [= or :] value         the value goes, to the end of the line, when the name is secret
//   name value                               the same where the name begins the line, as in mosquitto.conf
//   --name ...                               the same for an option of a program
//   name = """ or '''                        the value goes to the closing quotes (TOML 1.0, multi-line strings)
#include "services/sensorctl/bundle/redact.hpp"

#include <algorithm>
#include <array>

namespace sensors::bundle {

namespace {

constexpr std::string_view removed = "[removed]";
constexpr std::size_t shortest_secret = 6;
constexpr std::array<std::string_view, 11> secret_words{"password",   "passwd",     "passphrase",   "secret",
                                                        "token",      "apikey",     "api_key",      "api-key",
                                                        "credential", "access_key", "authorization"};

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

bool is_secret_name(std::string_view name) {
  const std::string text = lower(name);
  if (text.ends_with("_file") || text.ends_with("-file")) return false;
  if (text == "key" || text == "pass" || text == "pwd") return true;
  return std::any_of(secret_words.begin(), secret_words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

std::size_t skip_blanks(std::string_view line, std::size_t at) {
  while (at < line.size() && is_blank(line[at])) ++at;
  return at;
}

/// Where the value of the name that ends at `end` begins; npos when it has none.
std::size_t value_of(std::string_view line, std::size_t begin, std::size_t end) {
  const bool is_option = line[begin] == '-';
  const bool begins_line = skip_blanks(line, 0) == begin;
  std::size_t at = end;
  if (at < line.size() && (line[at] == '"' || line[at] == '\'')) ++at;
  at = skip_blanks(line, at);
  if (at < line.size() && (line[at] == '=' || line[at] == ':')) {
    at = skip_blanks(line, at + 1);
  } else if (!is_option && !(begins_line && at > end)) {
    return std::string_view::npos;
  }
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

/// Takes the part between "://" and the last @ before a blank or a quote out of every URL.
std::string without_user_parts(std::string_view line) {
  std::string out;
  while (true) {
    const std::size_t scheme = line.find("://");
    if (scheme == std::string_view::npos) return out.append(line);
    const std::size_t authority = scheme + 3;
    const std::size_t end = std::min(line.find_first_of(" \t\"'<>", authority), line.size());
    const std::size_t at = line.substr(authority, end - authority).rfind('@');
    out.append(line.substr(0, authority));
    if (at != std::string_view::npos) out.append(removed);
    line.remove_prefix(authority + (at == std::string_view::npos ? 0 : at));
  }
}

/// Takes the word behind "Bearer " and "Basic " out.
std::string without_bearers(std::string_view line) {
  std::string out;
  const std::string lowered = lower(line);
  std::size_t done = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const std::string_view rest = std::string_view(lowered).substr(at);
    const std::size_t scheme = rest.starts_with("bearer ") ? 7 : rest.starts_with("basic ") ? 6 : 0;
    if (scheme == 0) continue;
    const std::size_t begin = skip_blanks(line, at + scheme);
    const std::size_t end = std::min(line.find_first_of(" \t\"',;", begin), line.size());
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

}  // namespace

std::string redact(std::string_view text, const std::vector<std::string>& secrets) {
  const std::string known = without_each(std::string(text), secrets);
  std::string_view rest = known;
  std::string out;
  std::string_view open_quotes;  // of a secret text of several lines that we are in
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    // URLs first: a name in their user part would hide what stands before its value.
    const std::string line = without_bearers(without_user_parts(rest.substr(0, end)));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!open_quotes.empty()) {
      if (line.find(open_quotes) != std::string_view::npos) open_quotes = {};
      continue;
    }
    const std::size_t value = secret_value_in(line);
    if (value == std::string_view::npos) {
      out += line;
    } else {
      open_quotes = open_quotes_in(std::string_view(line).substr(value));
      out.append(line, 0, value).append(removed);
    }
    if (end != std::string_view::npos) out += '\n';
  }
  return out;
}

}  // namespace sensors::bundle

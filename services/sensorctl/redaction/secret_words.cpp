#include "services/sensorctl/redaction/secret_words.hpp"

#include <algorithm>
#include <array>

namespace sensors::bundle {

namespace {

constexpr std::array<std::string_view, 31> usual_words_of_paths{
    "",       "api",    "v1",           "v2",        "v3",    "readings", "reading",      "write",   "query",
    "ping",   "health", "data",         "bulk",      "_bulk", "ingest",   "metrics",      "sensors", "sensor",
    "events", "status", "measurements", "telemetry", "livez", "readyz",   "dead-letters", "streams", "in",
    "x",      "import", "upload",       "points"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_small(char c) { return c >= 'a' && c <= 'z'; }
bool is_alphanumeric(char c) { return is_digit(c) || is_capital(c) || is_small(c); }
bool is_of_base64(char c) { return is_alphanumeric(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_'; }

/// Words of a path, their punctuation aside, that are not usual go.
void append_path(std::string& out, std::string_view path) {
  while (!path.empty()) {
    out += '/';
    path.remove_prefix(1);
    const std::string_view word = path.substr(0, path.find('/'));
    path.remove_prefix(word.size());
    const std::size_t end = word.find_last_not_of(":,.;)]}\\");
    const std::string_view bare = end == std::string_view::npos ? std::string_view{} : word.substr(0, end + 1);
    if (contains(usual_words_of_paths, bare) || word == removed) {
      out.append(word);
    } else {
      out.append(removed);
    }
  }
}

void append_url(std::string& out, std::string_view behind_scheme) {
  const std::size_t at = behind_scheme.rfind('@');
  if (at != std::string_view::npos) out.append(removed).append("@");
  const std::string_view url = behind_scheme.substr(at == std::string_view::npos ? 0 : at + 1);
  const std::string_view host = url.substr(0, url.find_first_of("/?#"));
  const std::string_view path = url.substr(host.size(), url.find_first_of("?#", host.size()) - host.size());
  out.append(host);
  append_path(out, path);
  const std::size_t behind = host.size() + path.size();
  if (behind < url.size()) out.append(1, url[behind]).append(removed);
}

struct Letters {
  bool digit = false;
  bool capital = false;
  bool small = false;
};

bool is_by_chance(std::string_view piece) {
  Letters has;
  for (const char c : piece) {
    has.digit = has.digit || is_digit(c);
    has.capital = has.capital || is_capital(c);
    has.small = has.small || is_small(c);
  }
  if (piece.size() >= 12 && has.digit && has.capital && has.small) return true;
  return piece.size() >= 18 && has.digit && (has.capital || has.small);
}

/// 8-4-4-4-12 hexadecimal digits (RFC 4122 section 3).
bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash != (text[i] == '-') || (!is_dash && !is_alphanumeric(text[i]))) return false;
  }
  return true;
}

/// A path loses its words of chance only.
void append_word(std::string& out, std::string_view word) {
  if (is_uuid(word)) {
    out.append(removed);
    return;
  }
  std::string cut;
  bool is_cut = false;
  for (std::size_t begin = 0; begin < word.size();) {
    std::size_t end = begin;
    while (end < word.size() && is_alphanumeric(word[end])) ++end;
    const std::string_view piece = word.substr(begin, end - begin);
    is_cut = is_cut || is_by_chance(piece);
    cut.append(is_by_chance(piece) ? removed : piece);
    if (end < word.size()) cut += word[end++];
    begin = end;
  }
  if (is_cut && !word.starts_with('/')) cut = removed;
  out.append(cut);
}

}  // namespace

std::string without_urls(std::string_view line) {
  std::string out;
  while (true) {
    const std::size_t scheme = line.find("://");
    if (scheme == std::string_view::npos) return out.append(line);
    const std::size_t begin = scheme + 3;
    const std::size_t end = std::min(line.find_first_of(" \t\r\"'<>", begin), line.size());
    out.append(line.substr(0, begin));
    append_url(out, line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

std::string without_random_words(std::string_view line) {
  std::string out;
  while (!line.empty()) {
    std::size_t end = 0;
    while (end < line.size() && is_of_base64(line[end])) ++end;
    append_word(out, line.substr(0, end));
    if (end < line.size()) out += line[end++];
    line.remove_prefix(end);
  }
  return out;
}

}  // namespace sensors::bundle

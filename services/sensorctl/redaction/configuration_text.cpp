// TOML line by line: [table], key = value, # comment. A value that does not end on its line is skipped to its closing
// quotes or brackets.
#include "services/sensorctl/redaction/configuration_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "common/core/secret_name.hpp"
#include "services/sensorctl/redaction/redact.hpp"
#include "services/sensorctl/redaction/secret_words.hpp"

namespace sensors::bundle {

namespace {

// Keys of our services whose texts say nothing secret.
constexpr std::array<std::string_view, 44> known_keys{"anonymous",
                                                      "answers",
                                                      "birth_topic",
                                                      "ca_file",
                                                      "certificate_file",
                                                      "critical",
                                                      "devices",
                                                      "discovery",
                                                      "disks",
                                                      "file",
                                                      "format",
                                                      "host",
                                                      "instance",
                                                      "key_file",
                                                      "listen",
                                                      "log_level",
                                                      "name",
                                                      "names",
                                                      "node",
                                                      "password_file",
                                                      "path",
                                                      "port",
                                                      "prefix",
                                                      "proc_root",
                                                      "root",
                                                      "scopes",
                                                      "stamp",
                                                      "state_directory",
                                                      "sysfs_root",
                                                      "time_column",
                                                      "time_zone",
                                                      "token_file",
                                                      "trust",
                                                      "type",
                                                      "unit",
                                                      "units",
                                                      "url",
                                                      "user",
                                                      "zone",
                                                      "chips",
                                                      "channels",
                                                      "leave_out",
                                                      "when_full",
                                                      "keep_damaged"};

constexpr std::array<std::string_view, 46> known_broker_keys{"listener",
                                                             "port",
                                                             "bind_address",
                                                             "socket_domain",
                                                             "protocol",
                                                             "allow_anonymous",
                                                             "persistence",
                                                             "persistence_location",
                                                             "persistence_file",
                                                             "log_dest",
                                                             "log_type",
                                                             "log_timestamp",
                                                             "log_timestamp_format",
                                                             "password_file",
                                                             "acl_file",
                                                             "cafile",
                                                             "capath",
                                                             "certfile",
                                                             "keyfile",
                                                             "crlfile",
                                                             "tls_version",
                                                             "ciphers",
                                                             "include_dir",
                                                             "user",
                                                             "pid_file",
                                                             "plugin",
                                                             "connection",
                                                             "address",
                                                             "addresses",
                                                             "topic",
                                                             "start_type",
                                                             "bridge_cafile",
                                                             "bridge_capath",
                                                             "bridge_certfile",
                                                             "bridge_keyfile",
                                                             "bridge_protocol_version",
                                                             "bridge_tls_version",
                                                             "bridge_insecure",
                                                             "try_private",
                                                             "notifications_local_only",
                                                             "notifications",
                                                             "cleansession",
                                                             "clientid_prefixes",
                                                             "psk_file",
                                                             "per_listener_settings",
                                                             "set_tcp_nodelay"};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// A number, a boolean, a time, or a duration as "10s", "5min".
bool says_nothing(std::string_view value) {
  if (value == "true" || value == "false") return true;
  const std::size_t digits = value.find_first_not_of("0123456789+-.:_TZ");
  const bool has_digit = value.find_first_of("0123456789") != std::string_view::npos;
  constexpr std::array<std::string_view, 6> units{"ms", "s", "min", "h", "d", "us"};
  return has_digit && (digits == std::string_view::npos || contains(units, value.substr(digits)));
}

/// The end of the quoted text at the start of `text`, its quotes included; npos: it does not end.
std::size_t end_of_quoted(std::string_view text) {
  const char quote = text.front();
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == quote) return at + 1;
    if (text[at] == '\\' && quote == '"') ++at;
  }
  return std::string_view::npos;
}

bool is_quote(char c) { return c == '"' || c == '\''; }

std::string_view without_quotes(std::string_view quoted) { return quoted.substr(1, quoted.size() - 2); }

/// The elements of the array of texts and plain values at the start of `text`; nothing: it does not end on its line, or
/// holds something else.
std::optional<std::vector<std::string_view>> elements_of(std::string_view text) {
  std::vector<std::string_view> elements;
  text.remove_prefix(1);
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r,"), text.size()));
    if (text.empty() || text.front() == '[' || text.front() == '{' || text.front() == '#') return std::nullopt;
    if (text.front() == ']') return elements;
    const std::size_t end = is_quote(text.front()) ? end_of_quoted(text) : text.find_first_of(" \t\r,]#");
    if (end == std::string_view::npos) return std::nullopt;
    elements.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::string shown_text(std::string_view text, bool is_known) {
  if (says_nothing(text)) return std::string(text);
  return is_known ? redact(text, {}) : std::string(removed);
}

std::string in_quotes(const std::string& text) { return "\"" + text + "\""; }

/// One word of a command line.
std::string shown_argument(std::string_view word, bool is_program) {
  if (is_program) return redact(word, {});
  if (says_nothing(word)) return std::string(word);
  if (!word.starts_with('-')) return std::string(removed);
  const std::size_t equals = word.find('=');
  if (equals != std::string_view::npos) return std::string(word.substr(0, equals + 1)).append(removed);
  return word.starts_with("--") ? redact(word, {}) : std::string(word.substr(0, 2));
}

std::string shown_array(std::string_view key, const std::vector<std::string_view>& elements) {
  std::string out = "[";
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) out += ", ";
    const std::string_view element = elements[i];
    if (!is_quote(element.front())) {
      out += says_nothing(element) ? element : removed;
    } else if (key == "program") {
      out += in_quotes(shown_argument(without_quotes(element), i == 0));
    } else {
      out += in_quotes(shown_text(without_quotes(element), contains(known_keys, key)));
    }
  }
  return out + "]";
}

/// Nothing but keys with dots between them, and `more` characters.
bool is_name_of_keys(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [more](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || is_quote(c) || more.find(c) != std::string_view::npos;
  });
}

struct Assignment {
  std::string_view key;    // its last part, without quotes
  std::string_view left;   // as it stands
  std::string_view value;  // to the end of the line
};

std::optional<Assignment> assignment_of(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view left = trimmed(line.substr(0, equals));
  std::string_view key = left.substr(left.rfind('.') + 1);  // npos + 1 is 0
  key = trimmed(key);
  if (key.size() >= 2 && is_quote(key.front())) key = without_quotes(key);
  if (key.empty() || !is_name_of_keys(left, " \t")) return std::nullopt;
  return Assignment{key, left, trimmed(line.substr(equals + 1))};
}

/// Skips what does not end on its line.
class TomlLines {
 public:
  /// Whether `line` belongs to a value that began before it.
  bool skips(std::string_view line) {
    if (!quotes_.empty()) {
      if (line.find(quotes_) != std::string_view::npos) quotes_ = {};
      return true;
    }
    if (depth_ <= 0) return false;
    depth_ += depth_of(line);
    return true;
  }

  /// Whether `value` ends on its line.
  bool ends(std::string_view value) {
    for (const std::string_view quotes : {std::string_view("\"\"\""), std::string_view("'''")}) {
      if (!value.starts_with(quotes)) continue;
      if (value.find(quotes, 3) == std::string_view::npos) quotes_ = quotes;
      return false;
    }
    if (!value.starts_with('[') && !value.starts_with('{')) return true;
    depth_ = depth_of(value);
    return depth_ <= 0;
  }

 private:
  /// Brackets that open and do not close, those in texts and comments aside.
  static long depth_of(std::string_view text) {
    long depth = 0;
    while (!text.empty() && text.front() != '#') {
      const std::size_t end = is_quote(text.front()) ? std::min(end_of_quoted(text), text.size()) : 1;
      if (text.front() == '[' || text.front() == '{') ++depth;
      if (text.front() == ']' || text.front() == '}') --depth;
      text.remove_prefix(end);
    }
    return depth;
  }

  std::string_view quotes_;
  long depth_ = 0;
};

std::string shown_value(const Assignment& assignment, bool ends) {
  const std::string_view value = assignment.value;
  if (!ends || value.empty() || is_secret_name(assignment.key)) return std::string(removed);
  if (value.front() == '[') {
    const auto elements = elements_of(value);
    return elements.has_value() ? shown_array(assignment.key, *elements) : std::string(removed);
  }
  if (is_quote(value.front())) {
    const std::size_t end = end_of_quoted(value);
    if (end == std::string_view::npos) return std::string(removed);
    return in_quotes(shown_text(without_quotes(value.substr(0, end)), contains(known_keys, assignment.key)));
  }
  const std::string_view plain = trimmed(value.substr(0, value.find('#')));
  return std::string(says_nothing(plain) ? plain : removed);
}

std::string shown_line(std::string_view line, TomlLines& lines) {
  if (line.starts_with('#')) return "#";
  if (line.starts_with('[')) {
    const std::string_view table = trimmed(line.substr(0, line.find('#')));
    return is_name_of_keys(table, "[]") ? redact(table, {}) : std::string(removed);
  }
  const std::optional<Assignment> assignment = assignment_of(line);
  if (!assignment.has_value()) return std::string(removed);
  const bool ends = lines.ends(assignment->value);
  return redact(assignment->left, {}) + " = " + shown_value(*assignment, ends);
}

/// Calls `take` with each line, trimmed.
template <class Take>
void each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    take(trimmed(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void add_users_of_urls(std::string_view value, std::vector<std::string>& secrets) {
  const std::size_t scheme = value.find("://");
  const std::size_t at = value.rfind('@');
  if (scheme == std::string_view::npos || at == std::string_view::npos || at < scheme + 3) return;
  const std::string_view user = value.substr(scheme + 3, at - scheme - 3);
  const std::size_t colon = user.find(':');
  secrets.emplace_back(user.substr(colon == std::string_view::npos ? 0 : colon + 1));
}

std::string base64_of(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) {
      const bool is_padding = i + k > text.size();
      out += is_padding ? '=' : digits[bits >> (18 - 6 * k) & 0x3FU];
    }
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 0xFU];
    }
  }
  return out;
}

}  // namespace

std::string shown_toml(std::string_view text) {
  std::string out;
  TomlLines lines;
  each_line(text, [&](std::string_view line) {
    if (lines.skips(line)) return;
    out += line.empty() ? "" : shown_line(line, lines);
    out += '\n';
  });
  return out;
}

std::string shown_broker_configuration(std::string_view text) {
  std::string out;
  each_line(text, [&](std::string_view line) {
    const std::string_view key = line.substr(0, line.find_first_of(" \t"));
    const std::string_view value = trimmed(line.substr(key.size()));
    if (line.starts_with('#')) {
      out += '#';
    } else {
      out += redact(key, {});
      if (!value.empty()) out += ' ';
      const bool is_known = contains(known_broker_keys, key) && !is_secret_name(key);
      if (!value.empty()) out += is_secret_name(key) ? std::string(removed) : shown_text(value, is_known);
    }
    out += '\n';
  });
  return out;
}

std::vector<std::string> secrets_of_toml(std::string_view text) {
  std::vector<std::string> secrets;
  each_line(text, [&](std::string_view line) {
    const std::optional<Assignment> assignment = assignment_of(line);
    if (!assignment.has_value() || assignment->value.empty() || !is_quote(assignment->value.front())) return;
    const std::size_t end = end_of_quoted(assignment->value);
    if (end == std::string_view::npos) return;
    const std::string_view value = without_quotes(assignment->value.substr(0, end));
    if (is_secret_name(assignment->key)) secrets.emplace_back(value);
    add_users_of_urls(value, secrets);
  });
  return secrets;
}

std::vector<std::string> forms_of(const std::string& secret) {
  std::vector<std::string> forms{secret, base64_of(secret), percent_encoded(secret)};
  while (forms[1].ends_with('=')) forms[1].pop_back();
  return forms;
}

}  // namespace sensors::bundle

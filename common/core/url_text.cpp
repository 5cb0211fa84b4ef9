#include "common/core/url_text.hpp"

#include <algorithm>
#include <charconv>

namespace sensors {

namespace {

constexpr std::string_view left_out = "...";
constexpr std::size_t shortest_secret = 8;

/// "scheme://", and the authority behind it.
struct Parts {
  std::string_view scheme;
  std::string_view authority;
  std::string_view rest;  // path, query and fragment
};

std::optional<Parts> parts_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  return Parts{url.substr(0, begin), url.substr(begin, end - begin), url.substr(end)};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_host_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_' ||
         c == ':' || c == '[' || c == ']';
}

/// Not so what is left of a user part with a slash in it: https://me:pass/word@host. Names may be in any script; an
/// address in brackets may have a zone, [fe80::1%25eth0] (RFC 6874).
bool is_host_and_port(std::string_view text) {
  const bool is_address = text.starts_with('[');
  const auto is_of_host = [&](char c) {
    return is_host_character(c) || static_cast<unsigned char>(c) >= 0x80 || (is_address && c == '%');
  };
  if (!std::all_of(text.begin(), text.end(), is_of_host)) return false;
  if (text.ends_with(']')) return true;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return true;
  const std::string_view port = text.substr(colon + 1);
  return std::all_of(port.begin(), port.end(), is_digit);
}

/// "?a=1&b" -> "?a=...&...": a part without a name may be a token by itself.
std::string shown_query(std::string_view query) {
  std::string out;
  char before = '?';
  while (!query.empty()) {
    query.remove_prefix(1);  // '?' or '&'
    const std::string_view part = query.substr(0, query.find_first_of("&;"));
    const std::size_t equals = part.find('=');
    out += before;
    if (equals != std::string_view::npos) out.append(part.substr(0, equals + 1));
    out += left_out;
    query.remove_prefix(part.size());
    before = '&';
  }
  return out;
}

void leave_out(std::string& text, std::string_view secret) {
  if (secret.size() < shortest_secret) return;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + left_out.size()))
    text.replace(at, secret.size(), left_out);
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const bool has_digits = text[i] == '%' && i + 2 < text.size();
    const char* const digits = has_digits ? text.data() + i + 1 : nullptr;
    if (has_digits && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string shown_url(std::string_view url) {
  const std::optional<Parts> parts = parts_of(url);
  if (!parts.has_value()) return std::string(left_out);
  const std::string_view host = parts->authority.substr(parts->authority.rfind('@') + 1);  // npos + 1 is 0
  std::string out(parts->scheme);
  if (!is_host_and_port(host)) return out.append(left_out);
  const std::string_view path = parts->rest.substr(0, parts->rest.find_first_of("?#"));
  const std::string_view query = parts->rest.substr(path.size());
  out.append(host).append(path);
  return query.starts_with('?') ? out + shown_query(query.substr(0, query.find('#'))) : out;
}

std::string shown_host(std::string_view url) {
  std::string shown = shown_url(url);
  const std::optional<Parts> parts = parts_of(shown);
  if (!parts.has_value() || parts->rest.size() <= 1) return shown;
  return shown.substr(0, shown.size() - parts->rest.size() + 1).append(left_out);
}

std::string without_path(std::string text, std::string_view url) {
  const std::optional<Parts> parts = parts_of(url);
  if (!parts.has_value()) return text;
  leave_out(text, parts->rest);
  std::string_view rest = parts->rest;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // what parts it from the one before
    const std::string_view part = rest.substr(0, rest.find_first_of("/?#&;="));
    leave_out(text, part);
    leave_out(text, decoded(part));
    rest.remove_prefix(part.size());
  }
  return text;
}

bool may_have_cut_password(std::string_view url) {
  const std::optional<Parts> parts = parts_of(url);
  if (!parts.has_value() || parts->rest.find('@') == std::string_view::npos) return false;
  const std::string_view authority = parts->authority;
  const bool has_port = !authority.ends_with(']') && authority.rfind(':') != std::string_view::npos;
  return has_port && authority.find('@') == std::string_view::npos;
}

std::string url_mistake(std::string_view url) {
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
  if (std::any_of(url.begin(), url.end(), is_blank))
    return "has a space or a control character in it; in a path a space is %20";
  const std::optional<Parts> parts = parts_of(url);
  if (!parts.has_value()) return "has no host: it is to be like \"https://api.example.com/v1/readings\"";
  const std::string_view place = parts->authority.substr(parts->authority.rfind('@') + 1);  // npos + 1 is 0
  const std::size_t colon = place.ends_with(']') ? std::string_view::npos : place.rfind(':');
  if (place.substr(0, colon).empty()) return "has no host: it is to be like \"https://api.example.com/v1/readings\"";
  if (colon == std::string_view::npos || colon + 1 == place.size()) return "";
  const std::string_view port = place.substr(colon + 1);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool is_port = error == std::errc{} && end == port.data() + port.size() && number >= 1 && number <= 65'535;
  return is_port ? "" : "has a port that is none: a port is 1 .. 65535";
}

std::optional<UrlUser> take_user_part(std::string& url) {
  const std::optional<Parts> parts = parts_of(url);
  if (!parts.has_value()) return std::nullopt;
  const std::size_t at = parts->authority.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view user = parts->authority.substr(0, at);
  const std::size_t colon = user.find(':');
  UrlUser taken;
  taken.user = decoded(user.substr(0, colon));
  if (colon != std::string_view::npos) taken.password = decoded(user.substr(colon + 1));
  url.erase(parts->scheme.size(), at + 1);
  return taken;
}

}  // namespace sensors

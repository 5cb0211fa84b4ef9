#include "services/sensor-http-bridge/web/access.hpp"

#include <algorithm>

#include "common/core/ascii.hpp"

namespace sensors::bridge {

namespace {

/// What `text` says in base64 (RFC 4648 section 4); up to the first character that is none of it.
std::string base64_decoded(std::string_view text) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  unsigned count = 0;  // of bits that are not out yet
  for (const char c : text) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string_view::npos) break;
    bits = (bits << 6U | static_cast<unsigned>(digit)) & 0xfffU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xffU);
  }
  return out;
}

/// "Bearer x" (RFC 6750 section 2.1); "Token x" as agents for InfluxDB 2 say it, just "Token" when they have none; the
/// password of "Basic x" (RFC 7617), as those for InfluxDB 1 do. Nothing: another scheme.
std::optional<std::string> token_in(std::string_view authorization) {
  const std::size_t space = std::min(authorization.find(' '), authorization.size());
  const std::string_view scheme = authorization.substr(0, space);
  std::string_view rest = authorization.substr(space);
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  if (is_same_ascii(scheme, "bearer") || is_same_ascii(scheme, "token")) return std::string(rest);
  if (!is_same_ascii(scheme, "basic")) return std::nullopt;
  const std::string pair = base64_decoded(rest);
  const std::size_t colon = pair.find(':');
  return colon == std::string::npos ? std::nullopt : std::optional(pair.substr(colon + 1));
}

bool is_address(std::string_view host) {
  return host.starts_with('[') || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

bool is_name_of_no_other_site(std::string_view header) {
  const std::string lower = lower_ascii(header);
  std::string_view host = lower;
  if (!host.starts_with('[')) host = host.substr(0, host.find(':'));
  if (is_address(host) || host.find('.') == std::string_view::npos) return true;
  for (const std::string_view local : {".local", ".lan", ".internal", ".home.arpa"}) {
    if (host.ends_with(local)) return true;
  }
  return false;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  const std::size_t length = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < length; ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return difference == 0;
}

std::optional<Access::Client> Access::client_of(const WebRequest& request, std::string_view password) const {
  const std::string_view authorization = request.header("authorization");
  const std::optional<std::string> token = authorization.empty() ? std::string(password) : token_in(authorization);
  if (!token.has_value()) return std::nullopt;
  if (token->empty()) return anonymous(request);
  std::optional<Client> found;
  for (const AccessToken& known : options_.tokens) {  // all of them: the place of the right one is no secret either way
    if (equal_in_constant_time(known.secret, *token)) found = Client{known.name, known.scopes};
  }
  return found;
}

std::optional<Access::Client> Access::agent_of(const WebRequest& request, std::string_view password) const {
  std::optional<Client> client = client_of(request, password);
  const bool may_write = client.has_value() && client->scopes.write;
  return !may_write && anonymous(request).scopes.write ? anonymous(request) : client;
}

Access::Client Access::anonymous(const WebRequest& request) const {
  return {"", is_name_of_no_other_site(request.header("host")) ? options_.anonymous : Scopes{}};
}

bool Access::admit(const std::string& address, Instant now) {
  auto found = limits_.find(address);
  if (found == limits_.end()) {
    // Forgetting all is rare, and gives each of them no more than another burst.
    if (limits_.size() >= max_clients) limits_.clear();
    found = limits_.emplace(address, RateLimit(options_.rate_burst, options_.rate_interval)).first;
  }
  return found->second.admit(now);
}

}  // namespace sensors::bridge

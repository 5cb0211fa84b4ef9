#include "services/sensor-http-bridge/web/access.hpp"

#include <algorithm>

namespace sensors::bridge {

namespace {

/// "Bearer x" (RFC 6750 section 2.1), or "Token x" as agents for InfluxDB say it.
std::string_view token_in(std::string_view authorization) {
  for (const std::string_view scheme : {"Bearer ", "bearer ", "Token "}) {
    if (authorization.starts_with(scheme)) return authorization.substr(scheme.size());
  }
  return {};
}

bool is_address(std::string_view host) {
  return host.starts_with('[') || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

bool is_name_of_no_other_site(std::string_view host) {
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

std::optional<Access::Client> Access::client_of(const WebRequest& request) const {
  const std::string_view authorization = request.header("authorization");
  if (authorization.empty())
    return Client{"", is_name_of_no_other_site(request.header("host")) ? options_.anonymous : Scopes{}};
  const std::string_view token = token_in(authorization);
  std::optional<Client> found;
  for (const AccessToken& known : options_.tokens) {  // all of them: the place of the right one is no secret either way
    if (equal_in_constant_time(known.secret, token)) found = Client{known.name, known.scopes};
  }
  return found;
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

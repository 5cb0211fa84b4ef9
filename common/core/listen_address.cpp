#include "common/core/listen_address.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>

namespace sensors {
namespace {

/// As the kernel wants it: four whole parts, or IPv6 without a zone.
bool is_ip_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

std::string ListenAddress::text() const {
  const bool has_colon = host.find(':') != std::string::npos;
  return (has_colon ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

ListenAddress ListenAddress::from_here() const {
  if (!is_any()) return *this;
  return {host == "::" ? "::1" : "127.0.0.1", port};
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  ListenAddress address{std::string(host), 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  const bool is_port =
      error == std::errc{} && end == port.data() + port.size() && address.port >= 1 && address.port <= 65'535;
  return is_port && is_ip_address(address.host) ? std::optional(address) : std::nullopt;
}

}  // namespace sensors

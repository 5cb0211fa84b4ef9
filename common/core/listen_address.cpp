#include "common/core/listen_address.hpp"

#include <charconv>

namespace sensors {

std::string ListenAddress::text() const {
  const bool has_colon = host.find(':') != std::string::npos;
  return (has_colon ? "[" + host + "]" : host) + ":" + std::to_string(port);
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
  const bool is_host = !host.empty() && host.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos;
  return is_port && is_host ? std::optional(address) : std::nullopt;
}

}  // namespace sensors

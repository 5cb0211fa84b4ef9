// ListenAddress is where a server listens: an IP address and a port. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sensors {

struct ListenAddress {
  std::string host;  // "::1" without brackets
  int port = 0;      // 1 .. 65,535

  bool is_loopback() const { return host.starts_with("127.") || host == "::1"; }
  bool is_any() const { return host == "0.0.0.0" || host == "::"; }
  std::string text() const;  // "127.0.0.1:8080", "[::1]:8080"
  /// Where this machine's own programs reach it: an address, because not every machine knows the name localhost.
  ListenAddress from_here() const;
};

/// Of "127.0.0.1:8080" or "[::1]:8080"; the brackets may be missing. Nothing when it is none.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace sensors

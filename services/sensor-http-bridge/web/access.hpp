// Access decides what a client may do, by its token, and how often, by its address. Owned by Web. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/core/rate_limit.hpp"
#include "common/core/web_events.hpp"
#include "services/sensor-http-bridge/web/web_options.hpp"

namespace sensors::bridge {

/// Takes as long for any two texts of the same length, so that a guess tells nothing by the time that it takes.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// Whether the header Host is an address, or a name that nobody can have in the public DNS. Under another name a site
/// could make a browser, to which it is its own, read from here (DNS rebinding).
bool is_name_of_no_other_site(std::string_view host);

class Access {
 public:
  static constexpr std::size_t max_clients = 1'000;

  explicit Access(const WebOptions& options) : options_(options) {}

  struct Client {
    std::string name;  // of its token; empty: anonymous
    Scopes scopes;
  };

  /// Who sends `request`; nothing when it has a token that nobody has. `password`: what its address has for a token,
  /// where it has no Authorization.
  std::optional<Client> client_of(const WebRequest& request, std::string_view password) const;

  /// The same where clients come that send credentials whether or not they were given any (root:root): where everybody
  /// may write, theirs are no reason to refuse them. They are anonymous then.
  std::optional<Client> agent_of(const WebRequest& request, std::string_view password) const;

  /// Whether that address may send another request now.
  bool admit(const std::string& address, Instant now);

  /// After how long one that was not admitted may try again.
  Millis retry_after() const { return options_.rate_interval; }

 private:
  Client anonymous(const WebRequest& request) const;

  const WebOptions& options_;
  std::map<std::string, RateLimit> limits_;
};

}  // namespace sensors::bridge

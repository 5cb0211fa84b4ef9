#include "services/sensorctl/setup/page_text.hpp"

#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "services/sensorctl/verbs/text.hpp"

namespace sensors::sensorctl {

namespace {

/// echo is the shell's own: the token stands on no command line, where everybody sees it (ps).
constexpr std::string_view curl_with_token = "echo \"Authorization: Bearer $TOKEN\" | curl -H @-";

std::string scheme_of(const HttpSetup& setup) { return setup.has_certificate ? "https://" : "http://"; }

/// An address under which this machine reaches its own page.
std::string own_address(const HttpSetup& setup, const ListenAddress& listen) {
  return scheme_of(setup) + listen.from_here().text();
}

std::string who_reads(const HttpSetup& setup) {
  if (anonymous_of(setup).read) return "Whoever reaches it may read, without a token.\n";
  std::string text;
  for (const Token& token : setup.tokens) {
    if (token.scopes.read && !token.file.empty()) text += fmt::format("  sudo cat {}\n", token.file);
  }
  const bool has_token = !text.empty();
  return has_token ? "It asks for a token, which is in\n" + text
                   : "Nobody may read it: sudo sensorctl token add page --read" + option_of_bridge(setup) + "\n";
}

std::string scopes_text(Scopes scopes) {
  const std::vector<std::string> names = names_of(scopes);
  return names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::vector<std::string> page_addresses(const HttpSetup& setup, const Reach& reach) {
  const std::optional<ListenAddress> listen = parse_listen_address(setup.listen);
  if (!listen.has_value()) return {};
  if (!listen->is_any() || reach.addresses.empty()) {
    return {scheme_of(setup) + ListenAddress{listen->is_any() ? reach.host : listen->host, listen->port}.text()};
  }
  std::vector<std::string> all;
  for (const std::string& address : reach.addresses) {
    const bool fits = listen->host == "::" || address.find(':') == std::string::npos;
    if (fits) all.push_back(scheme_of(setup) + ListenAddress{address, listen->port}.text());
  }
  return all;
}

std::string page_text(const HttpSetup& setup, const Reach& reach) {
  const std::optional<ListenAddress> listen = parse_listen_address(setup.listen);
  const std::string bridge = option_of_bridge(setup);
  if (!listen.has_value() && !bridge.empty()) {
    return fmt::format(
        "The bridge {} has no page: [http] listen names no address.\n"
        "For this machine only:         sudo sensorctl page{} --listen 127.0.0.1:{}\n",
        setup.bridge, bridge, free_port(setup));
  }
  if (!listen.has_value()) {
    return fmt::format(
        "There is no page: [http] listen names no address.\n"
        "For this machine only:         sudo sensorctl page --local\n"
        "For the house, with a token:   sudo sensorctl page --listen 0.0.0.0:{}\n",
        free_port(setup));
  }
  if (listen->is_loopback()) {
    return fmt::format(
        "The page is at {0}, for this machine only.\n"
        "From another one: ssh -L {1}:{2} {3}@{4}\n"
        "                  and there {5}127.0.0.1:{1}\n"
        "For the house, with a token: sudo sensorctl page{6} --listen 0.0.0.0:{1}\n",
        own_address(setup, *listen), listen->port, listen->text(), reach.user, reach.host, scheme_of(setup), bridge);
  }
  const std::string clear =
      setup.has_certificate ? "" : "All passes in the clear: certificate_file and key_file make it HTTPS.\n";
  return fmt::format("The page is at {}\n{}{}For this machine only: sudo sensorctl page{} --local\n",
                     fmt::join(page_addresses(setup, reach), "\n            or "), who_reads(setup), clear, bridge);
}

std::string token_text(const Token& token, const HttpSetup& setup) {
  const std::optional<ListenAddress> listen = parse_listen_address(setup.listen);
  std::string text = fmt::format("TOKEN=$(sudo cat {})\n", token.file);
  if (!listen.has_value())
    return text + "There is no page and no HTTP API yet: sudo sensorctl page" + option_of_bridge(setup) +
           (setup.bridge.empty() ? " --local\n" : fmt::format(" --listen 127.0.0.1:{}\n", free_port(setup)));
  const std::string api = own_address(setup, *listen) + "/v1/readings";
  if (token.scopes.read) text += fmt::format("{} '{}?limit=10'\n", curl_with_token, api);
  if (token.scopes.write) {
    text += fmt::format(
        "{} -H 'Content-Type: application/json' \\\n"
        "  -d '{{\"sensor\":\"garden.soil\",\"value\":0.31}}' {}\n",
        curl_with_token, api);
  }
  return text;
}

std::string other_bridges_text(const std::string& command, const std::vector<std::string>& names,
                               const std::string& shown) {
  std::string text;
  for (const std::string& name : names) {
    if (name != shown) text += fmt::format("Of the bridge {0}: sensorctl {1} --bridge {0}\n", name, command);
  }
  return text + (shown.empty() ? "" : fmt::format("Of the bridge without a name: sensorctl {}\n", command));
}

std::string tokens_text(const HttpSetup& setup) {
  const std::vector<Token>& tokens = setup.tokens;
  if (tokens.empty())
    return "there is no token: sudo sensorctl token add NAME --read or --write" + option_of_bridge(setup) + "\n";
  std::vector<std::vector<std::string>> rows{{"TOKEN", "MAY", "FILE"}};
  for (const Token& token : tokens)
    rows.push_back(
        {token.name, scopes_text(token.scopes), token.file.empty() ? "a credential of systemd" : token.file});
  return table(rows, screen_columns);
}

}  // namespace sensors::sensorctl

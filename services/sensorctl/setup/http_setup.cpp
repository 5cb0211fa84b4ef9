#include "services/sensorctl/setup/http_setup.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/near_word.hpp"
#include "services/sensorctl/setup/toml_edit.hpp"

namespace sensors::sensorctl {

namespace {

constexpr int usual_port = 8'080;
constexpr std::size_t most_name = 40;

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string list_of(Scopes scopes) {
  std::vector<std::string> names;
  for (const std::string& name : names_of(scopes)) names.push_back(quoted(name));
  return fmt::format("[{}]", fmt::join(names, ", "));
}

bool is_token_name(std::string_view name) {
  return !name.empty() && name.size() <= most_name && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
}

/// Of files of this folder that are something else.
bool is_taken_name(std::string_view name) { return name == "api"; }

Words names_of(const std::vector<Token>& tokens) {
  Words names;
  for (const Token& token : tokens) names.insert(token.name);
  return names;
}

std::string table_of(const std::string& name) { return "http.tokens." + name; }

/// With the token, in both.
void put_token(Change& change, const Token& token) {
  change.text = with_table(change.text, fmt::format("[{}]\nfile = {}\nscopes = {}\n", table_of(token.name),
                                                    quoted(token.file), list_of(token.scopes)));
  change.setup.tokens.push_back(token);
  std::sort(change.setup.tokens.begin(), change.setup.tokens.end(),
            [](const Token& a, const Token& b) { return a.name < b.name; });
  change.token = token;
}

/// Off this machine nobody may do anything without a token but read, and that with `is_public`
/// only, whatever was so on this machine or at an earlier opening.
Result<void> limit_anonymous(Change& change, const ListenAddress& listen, bool is_public) {
  const Scopes now = anonymous_of(change.setup);
  const bool is_here = listen.is_loopback();
  const Scopes wanted{is_public || (is_here && now.read), is_here && now.write, is_here && now.operate};
  if (wanted == now) return {};
  if (is_public) {
    change.setup.anonymous = wanted;
    TRY_ASSIGN(change.text, with_key(change.text, "http", "anonymous", list_of(wanted)));
  } else {
    change.setup.anonymous.reset();
    TRY_ASSIGN(change.text, without_key(change.text, "http", "anonymous"));
  }
  if (now.write) change.note = "Handing readings in takes a token now: anonymous no longer has \"write\".\n";
  if (now.read && !is_public) change.note += "Reading takes a token now: anonymous no longer has \"read\".\n";
  return {};
}

}  // namespace

std::vector<std::string> names_of(Scopes scopes) {
  std::vector<std::string> names;
  if (scopes.read) names.emplace_back("read");
  if (scopes.write) names.emplace_back("write");
  if (scopes.operate) names.emplace_back("operate");
  return names;
}

std::string option_of_bridge(const HttpSetup& setup) { return setup.bridge.empty() ? "" : " --bridge " + setup.bridge; }

int free_port(const HttpSetup& setup) {
  std::set<int> taken;
  for (const std::string& text : setup.taken) {
    if (const std::optional<ListenAddress> listen = parse_listen_address(text); listen.has_value())
      taken.insert(listen->port);
  }
  int port = setup.bridge.empty() ? usual_port : usual_port + 1;
  while (taken.contains(port)) ++port;  // there are few bridges
  return port;
}

std::string token_file(const std::string& folder, const std::string& name, const HttpSetup& setup) {
  return folder + "/" + name + (setup.bridge.empty() ? "" : "@" + setup.bridge) + ".token";
}

Result<ListenAddress> parse_listen(std::string_view text) {
  const std::optional<ListenAddress> listen = parse_listen_address(text);
  if (listen.has_value() && listen->text() == text) return *listen;
  return fail(ErrorCode::invalid, fmt::format("'{}' is no address and port, such as 0.0.0.0:8080 for whoever reaches "
                                              "this machine, or 127.0.0.1:8080 for this machine only",
                                              text.substr(0, 100)));
}

Scopes anonymous_of(const HttpSetup& setup) {
  if (setup.anonymous.has_value()) return *setup.anonymous;
  const std::optional<ListenAddress> listen = parse_listen_address(setup.listen);
  return {listen.has_value() && listen->is_loopback(), false};
}

Result<Change> open_page(std::string_view text, const HttpSetup& setup, const ListenAddress& listen, bool is_public,
                         const std::string& folder) {
  Change change{std::string(text), setup};
  if (setup.listen != listen.text()) {
    TRY_ASSIGN(change.text, with_key(change.text, "http", "listen", quoted(listen.text())));
    change.setup.listen = listen.text();
  }
  TRY(limit_anonymous(change, listen, is_public));
  const bool somebody_reads =
      anonymous_of(change.setup).read ||
      std::any_of(setup.tokens.begin(), setup.tokens.end(), [](const Token& token) { return token.scopes.read; });
  if (!somebody_reads) {
    std::string name = "page";
    const Words taken = names_of(setup.tokens);
    for (int i = 2; taken.count(name) != 0; ++i) name = fmt::format("page-{}", i);
    put_token(change, {name, token_file(folder, name, setup), {true, false}});
  }
  change.is_needed = change.setup != setup;
  return change;
}

Result<Change> close_page(std::string_view text, const HttpSetup& setup) {
  const std::optional<ListenAddress> now = parse_listen_address(setup.listen);
  Change change{std::string(text), setup};
  if (!now.has_value() && !setup.bridge.empty()) {
    return fail(ErrorCode::invalid,
                fmt::format("the bridge {0} has no port yet, and {1} is another one's: name one, sudo sensorctl page "
                            "--bridge {0} --listen 127.0.0.1:{2}",
                            setup.bridge, usual_port, free_port(setup)));
  }
  if (!now.has_value() || !now->is_loopback()) {
    change.setup.listen = ListenAddress{"127.0.0.1", now.has_value() ? now->port : free_port(setup)}.text();
    TRY_ASSIGN(change.text, with_key(change.text, "http", "listen", quoted(change.setup.listen)));
  }
  if (setup.anonymous ==
      Scopes{true, false}) {  // what is so on loopback anyway, and is not to be so when it opens again
    change.setup.anonymous.reset();
    TRY_ASSIGN(change.text, without_key(change.text, "http", "anonymous"));
  }
  change.is_needed = change.setup != setup;
  return change;
}

Result<Change> add_token(std::string_view text, const HttpSetup& setup, const std::string& name, Scopes scopes,
                         const std::string& folder) {
  if (!is_token_name(name) || is_taken_name(name)) {
    return fail(ErrorCode::invalid, is_taken_name(name)
                                        ? fmt::format("'{}' is the token that the API gave: {}; take another name",
                                                      name, token_file(folder, name, setup))
                                        : fmt::format("'{}' is no name for a token: 1 to {} of A-Z a-z 0-9 _ -",
                                                      name.substr(0, 100), most_name));
  }
  if (names_of(setup.tokens).count(name) != 0) {
    return fail(ErrorCode::in_use,
                fmt::format("there is a token '{0}' already: sudo sensorctl token remove {0}{1}, or take another name",
                            name, option_of_bridge(setup)));
  }
  Change change{std::string(text), setup};
  put_token(change, {name, token_file(folder, name, setup), scopes});
  return change;
}

Result<Change> remove_token(std::string_view text, const HttpSetup& setup, const std::string& name) {
  const auto token =
      std::find_if(setup.tokens.begin(), setup.tokens.end(), [&](const Token& one) { return one.name == name; });
  if (token == setup.tokens.end()) {
    const Words names = names_of(setup.tokens);
    std::string all;
    for (const std::string& one : names) all += (all.empty() ? "there is " : ", ") + one;
    return fail(ErrorCode::not_found,
                fmt::format("there is no token '{}'; {}{}", name.substr(0, 100), all.empty() ? "there is none" : all,
                            did_you_mean(name.substr(0, 100), names)));
  }
  Change change{without_table(text, table_of(name)), setup, *token};
  change.setup.tokens.erase(change.setup.tokens.begin() + (token - setup.tokens.begin()));
  return change;
}

}  // namespace sensors::sensorctl

#include "services/sensorctl/web/http_setup.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "common/core/near_word.hpp"
#include "services/sensorctl/web/toml_edit.hpp"

namespace sensors::sensorctl {

namespace {

constexpr int usual_port = 8'080;
constexpr std::size_t most_name = 40;

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string list_of(Scopes scopes) {
  return fmt::format("[{}{}{}]", scopes.read ? "\"read\"" : "", scopes.read && scopes.write ? ", " : "",
                     scopes.write ? "\"write\"" : "");
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
void put_token(Change& change, Token token) {
  change.text = with_table(change.text, fmt::format("[{}]\nfile = {}\nscopes = {}\n", table_of(token.name),
                                                    quoted(token.file), list_of(token.scopes)));
  change.setup.tokens.push_back(token);
  std::sort(change.setup.tokens.begin(), change.setup.tokens.end(),
            [](const Token& a, const Token& b) { return a.name < b.name; });
  change.token = std::move(token);
}

/// Off this machine nobody may do anything without a token but read, and that with `is_public` only, whatever was so on
/// this machine or at an earlier opening.
Result<void> limit_anonymous(Change& change, const Listen& listen, bool is_public) {
  const Scopes now = anonymous_of(change.setup);
  const bool is_here = listen.is_loopback();
  const Scopes wanted{is_public || (is_here && now.read), is_here && now.write};
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

std::string Listen::text() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

Result<Listen> parse_listen(std::string_view text) {
  const auto wrong = [&] {
    return fail(ErrorCode::invalid, fmt::format("'{}' is no address and port, such as 0.0.0.0:8080 for whoever reaches "
                                                "this machine, or 127.0.0.1:8080 for this machine only",
                                                text.substr(0, 100)));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  std::string_view host = text.substr(0, colon);
  const bool is_in_brackets = host.starts_with('[') && host.ends_with(']');
  if (is_in_brackets) host = host.substr(1, host.size() - 2);
  if (is_in_brackets != (host.find(':') != std::string_view::npos)) return wrong();
  const std::string_view port = text.substr(colon + 1);
  Listen listen{std::string(host), 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), listen.port);
  const bool is_port =
      error == std::errc{} && end == port.data() + port.size() && listen.port >= 1 && listen.port <= 65'535;
  if (!is_port || host.empty() || host.find_first_not_of("0123456789abcdefABCDEF.:") != std::string_view::npos)
    return wrong();
  return listen;
}

Scopes anonymous_of(const HttpSetup& setup) {
  if (setup.anonymous.has_value()) return *setup.anonymous;
  const Result<Listen> listen = parse_listen(setup.listen);
  return {listen.has_value() && listen->is_loopback(), false};
}

Result<Change> open_page(std::string_view text, const HttpSetup& setup, const Listen& listen, bool is_public,
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
    put_token(change, {name, folder + "/" + name + ".token", {true, false}});
  }
  change.is_needed = change.setup != setup;
  return change;
}

Result<Change> close_page(std::string_view text, const HttpSetup& setup) {
  const Result<Listen> now = parse_listen(setup.listen);
  Change change{std::string(text), setup};
  if (!now.has_value() || !now->is_loopback()) {
    change.setup.listen = Listen{"127.0.0.1", now.has_value() ? now->port : usual_port}.text();
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
    return fail(
        ErrorCode::invalid,
        is_taken_name(name)
            ? fmt::format("'{}' is the token that the API gave: {}/api.token; take another name", name, folder)
            : fmt::format("'{}' is no name for a token: 1 to {} of A-Z a-z 0-9 _ -", name.substr(0, 100), most_name));
  }
  if (names_of(setup.tokens).count(name) != 0) {
    return fail(
        ErrorCode::in_use,
        fmt::format("there is a token '{0}' already: sudo sensorctl token remove {0}, or take another name", name));
  }
  Change change{std::string(text), setup};
  put_token(change, {name, folder + "/" + name + ".token", scopes});
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

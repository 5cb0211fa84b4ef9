// What a request may do, by its token, and what it is told where it may not.
#include <fmt/format.h>

#include "services/sensor-http-bridge/web/agents.hpp"
#include "services/sensor-http-bridge/web/web.hpp"

namespace sensors::bridge {

std::optional<Access::Client> Web::may(const WebRequest& request, Needs needs) {
  return checked(request, needs, access_.client_of(request, {}));
}

std::optional<Access::Client> Web::may_write(const WebRequest& request, const Target& target) {
  const std::string password = target.parameter("p").value_or("");
  return checked(request, Needs::write,
                 is_for_agents(target) ? access_.agent_of(request, password) : access_.client_of(request, password));
}

std::optional<Access::Client> Web::checked(const WebRequest& request, Needs needs,
                                           std::optional<Access::Client> client) {
  const auto has = [&](const Scopes& scopes) {
    return needs == Needs::read ? scopes.read : needs == Needs::write ? scopes.write : scopes.operate;
  };
  if (client.has_value() && has(client->scopes)) return client;
  ++counters_.unauthorized;
  const char* scope = needs == Needs::read ? "read" : needs == Needs::write ? "write" : "operate";
  if (!client.has_value()) {
    add(problem_answer(request.id, {401, "this token is none that the configuration names"}));
  } else if (client->name.empty()) {
    const char* elsewhere = is_name_of_no_other_site(request.header("host"))
                                ? ""
                                : "; without one ask by address or by a local name, not by one of the public DNS";
    add(problem_answer(
        request.id,
        {401, fmt::format("this needs a token with the scope {}: Authorization: Bearer ...{}", scope, elsewhere)}));
  } else {
    add(problem_answer(request.id, {403, fmt::format("the token {} lacks the scope {}", client->name, scope)}));
  }
  return std::nullopt;
}

void Web::answer_access(const WebRequest& request) {
  const std::optional<Access::Client> client = may(request, Needs::read);
  if (!client.has_value()) return;
  std::vector<std::string> scopes;
  if (client->scopes.read) scopes.emplace_back(R"("read")");
  if (client->scopes.write) scopes.emplace_back(R"("write")");
  if (client->scopes.operate) scopes.emplace_back(R"("operate")");
  const std::string list = fmt::format("{}", fmt::join(scopes, ","));
  add(json_answer(request.id, 200, fmt::format("{{\"name\":\"{}\",\"scopes\":[{}]}}\n", client->name, list)));
}

}  // namespace sensors::bridge

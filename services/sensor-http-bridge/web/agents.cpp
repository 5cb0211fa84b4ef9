#include "services/sensor-http-bridge/web/agents.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/codec/reading_json.hpp"
#include "services/sensor-http-bridge/web/answers.hpp"

namespace sensors::bridge {

namespace {

// Clients take the number apart and look for what that version can do; tests/peers compares with that one.
constexpr const char* version = "1.6.7-sensor-http-bridge";

WebResponse with_version(WebResponse response) {
  response.headers.emplace_back("X-Influxdb-Build", "sensor-http-bridge");
  response.headers.emplace_back("X-Influxdb-Version", version);
  return response;
}

/// The words of `statement` in upper case with one space between them, up to `most` words; and what is behind them.
struct Words {
  std::string first;
  std::string_view rest;
};
Words words_of(std::string_view statement, int most) {
  constexpr std::string_view blanks = " \t\r\n";
  Words words{"", statement};
  for (int i = 0; i < most; ++i) {
    words.rest.remove_prefix(std::min(words.rest.find_first_not_of(blanks), words.rest.size()));
    const std::size_t end = std::min(words.rest.find_first_of(blanks), words.rest.size());
    if (i > 0) words.first += ' ';
    for (const char c : words.rest.substr(0, end))
      words.first += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    words.rest.remove_prefix(end);
  }
  words.rest.remove_prefix(std::min(words.rest.find_first_not_of(blanks), words.rest.size()));
  return words;
}

/// Whether `text` is the rest of one statement: a name, and how long what is in it shall be kept.
bool is_one_name(std::string_view text) {
  if (!text.starts_with('"')) return !text.empty() && text.find(';') == std::string_view::npos;
  std::size_t end = 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  return end < text.size() && text.find(';', end) == std::string_view::npos;
}

}  // namespace

bool takes_agents_writes(const Target& target) { return target.path == "/write" || target.path == "/api/v2/write"; }

bool is_for_agents(const Target& target) { return takes_agents_writes(target) || target.path == "/query"; }

WebResponse ping_answer(std::uint64_t request) { return with_version(no_content_answer(request)); }

WebResponse health_answer(std::uint64_t request, const std::vector<std::string>& reasons_not_ready) {
  const bool is_ready = reasons_not_ready.empty();
  std::string body = R"({"name":"sensor-http-bridge","message":)";
  append_json_string(body, is_ready ? "ready for writes" : reasons_not_ready.front());
  body += fmt::format(R"(,"checks":[],"status":"{}","version":"{}"}})", is_ready ? "pass" : "fail", version);
  return with_version(json_answer(request, is_ready ? 200 : 503, body + "\n"));
}

WebResponse query_answer(std::uint64_t request, std::string_view statement, std::string_view database) {
  while (!statement.empty() && (statement.back() == ';' || statement.back() == ' ' || statement.back() == '\n'))
    statement.remove_suffix(1);
  const Words words = words_of(statement, 2);
  if (words.first == "CREATE DATABASE" && is_one_name(words.rest)) {
    return with_version(json_answer(
        request, 200,
        R"({"results":[{"statement_id":0,"messages":[{"level":"info","text":"there is one store for all databases; )"
        R"(nothing was made"}]}]})"
        "\n"));
  }
  if (words.first == "SHOW DATABASES" && words.rest.empty()) {
    std::string body = R"({"results":[{"statement_id":0,"series":[{"name":"databases","columns":["name"],"values":[[)";
    append_json_string(body, database);
    return with_version(json_answer(request, 200, body + "]]}]}]}\n"));
  }
  Problem problem{400,
                  "of InfluxQL only CREATE DATABASE and SHOW DATABASES are answered here; readings are at GET "
                  "/v1/readings and /v1/sensors"};
  problem.is_for_agents = true;
  return with_version(problem_answer(request, problem));
}

std::string statement_of(const WebRequest& request, const Target& target) {
  if (const std::optional<std::string> statement = target.parameter("q"); statement.has_value()) return *statement;
  if (!request.header("content-type").starts_with("application/x-www-form-urlencoded")) return "";
  const Result<Target> form = parse_target("/query?" + request.body);
  return form.has_value() ? form->parameter("q").value_or("") : "";
}

}  // namespace sensors::bridge

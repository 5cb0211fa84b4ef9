#include "services/sensor-http-bridge/web/answers.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/codec/reading_json.hpp"

namespace sensors::bridge {

namespace {

WebResponse answer(std::uint64_t id, int status, const char* content_type, std::string body) {
  WebResponse response;
  response.id = id;
  response.status = status;
  response.headers = {
      {"Content-Type", content_type}, {"X-Content-Type-Options", "nosniff"}, {"Cache-Control", "no-store"}};
  response.body = std::move(body);
  return response;
}

}  // namespace

const char* title_of(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Error";
  }
}

WebResponse problem_answer(std::uint64_t id, const Problem& problem) {
  std::string body = fmt::format(R"({{"type":"about:blank","title":"{}","status":{},"detail":)",
                                 title_of(problem.status), problem.status);
  append_json_string(body, problem.detail);
  if (problem.is_for_agents) {
    for (const char* key : {R"(,"error":)", R"(,"code":"invalid","message":)"}) {
      body += key;
      append_json_string(body, problem.detail);
    }
  }
  if (!problem.errors.empty()) {
    body += ",\"errors\":[";
    const char* separator = "";
    for (const RowProblem& error : problem.errors) {
      body += fmt::format(R"({}{{"row":{},"detail":)", separator, error.row);
      append_json_string(body, error.detail);
      body += '}';
      separator = ",";
    }
    body += ']';
  }
  body += "}\n";
  WebResponse response = answer(id, problem.status, "application/problem+json", std::move(body));
  if (problem.retry_after > Millis{0}) {
    const auto seconds =
        std::max(std::chrono::ceil<std::chrono::seconds>(problem.retry_after), std::chrono::seconds{1});
    response.headers.emplace_back("Retry-After", std::to_string(seconds.count()));
  }
  if (problem.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"sensor-http-bridge\"");
  return response;
}

WebResponse empty_answer(std::uint64_t id) {
  WebResponse response = answer(id, 204, "", "");
  response.headers.erase(response.headers.begin());  // no body, no type
  return response;
}

WebResponse text_answer(std::uint64_t id, int status, std::string text) {
  return answer(id, status, "text/plain; charset=utf-8", std::move(text));
}

WebResponse no_content_answer(std::uint64_t id) {
  WebResponse response = text_answer(id, 204, "");
  response.headers.erase(response.headers.begin());  // no body, no type
  return response;
}

WebResponse json_answer(std::uint64_t id, int status, std::string text) {
  return answer(id, status, "application/json", std::move(text));
}

}  // namespace sensors::bridge

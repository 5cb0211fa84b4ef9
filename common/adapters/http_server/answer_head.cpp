#include "common/adapters/http_server/answer_head.hpp"

#include <array>
#include <ctime>

#include <fmt/format.h>
#include <boost/beast/http/status.hpp>

namespace sensors {
namespace {

namespace http = boost::beast::http;

/// RFC 9110 section 5.6.7.
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

std::string_view reason_of(int status) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(status));
  return {reason.data(), reason.size()};
}

}  // namespace

std::string answer_head(int status, const WebHeaders& headers) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", status, reason_of(status), http_date());
  for (const auto& [name, value] : headers) head += fmt::format("{}: {}\r\n", name, value);
  return head;
}

WebResponse own_answer(int status, std::string_view detail) {
  WebResponse response;
  response.status = status;
  response.headers = {{"Content-Type", "application/problem+json"}};
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  response.body = fmt::format(R"({{"type":"about:blank","title":"{}","status":{},"detail":"{}"}})", reason_of(status),
                              status, detail);
  return response;
}

}  // namespace sensors

#include "services/sensor-http-bridge/verdict.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "services/sensor-http-bridge/retry_after.hpp"

namespace sensors::bridge {

namespace {

constexpr std::size_t excerpt_length = 160;

/// The start of `body`, printable and on one line.
std::string excerpt(std::string_view body) {
  std::string text(body.substr(0, excerpt_length));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, ' ');
  return text;
}

bool is_html(std::string_view content_type) {
  constexpr std::string_view html = "text/html";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return content_type.size() >= html.size() &&
         std::equal(html.begin(), html.end(), content_type.begin(), [&](char b, char a) { return same(a, b); });
}

std::string_view advice_for(int status) {
  if (status == 401 || status == 403) return "; the API refuses the token: check destination.token_file";
  if (status == 404) return "; nothing is at this path: check destination.url";
  if (status >= 300 && status < 400) return "; redirects are not followed: set destination.url to the final address";
  return "";
}

Verdict judge_status(const HttpReply& reply, WallTime now) {
  Verdict verdict;
  verdict.failure_class = fmt::format("http_{}", reply.status);
  const std::string_view advice = advice_for(reply.status);
  verdict.needs_operator = !advice.empty();
  verdict.reason = fmt::format("HTTP {}{}", reply.status, advice);
  if (!reply.body.empty()) verdict.reason += ": " + excerpt(reply.body);
  if ((reply.status == 429 || reply.status == 503) && reply.retry_after.has_value()) {
    verdict.wait = parse_retry_after(*reply.retry_after, now);
  }
  return verdict;
}

}  // namespace

Verdict judge(const Result<HttpReply>& reply, WallTime now) {
  Verdict verdict;
  if (!reply.has_value()) {
    verdict.failure_class = name_of(reply.error().code);
    verdict.reason = fmt::format("{}: {}", name_of(reply.error().code), excerpt(reply.error().message));
    verdict.needs_operator = reply.error().code == ErrorCode::tls || reply.error().code == ErrorCode::not_found ||
                             reply.error().code == ErrorCode::permission;
    return verdict;
  }
  if (reply->status < 200 || reply->status > 299) return judge_status(*reply, now);
  if (is_html(reply->content_type) && !reply->body.empty()) {
    verdict.failure_class = "wrong_content_type";
    verdict.reason = fmt::format("HTTP {} with a page of HTML; not the API but something in front of it: {}",
                                 reply->status, excerpt(reply->body));
    verdict.needs_operator = true;
    return verdict;
  }
  verdict.delivered = true;
  return verdict;
}

}  // namespace sensors::bridge

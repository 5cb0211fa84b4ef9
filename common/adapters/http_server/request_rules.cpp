#include "common/adapters/http_server/request_rules.hpp"

#include <algorithm>
#include <cstddef>

#include "common/core/ascii.hpp"

namespace sensors {
namespace {

std::size_t count_of(const RequestHead& head, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(head.headers.begin(), head.headers.end(), [&](const auto& field) { return field.first == name; }));
}

std::string_view value_of(const RequestHead& head, std::string_view name) {
  for (const auto& [known, value] : head.headers) {
    if (known == name) return value;
  }
  return {};
}

/// RFC 3986 section 3.2, without a user, whom RFC 9110 section 4.2.4 forbids.
bool is_authority(std::string_view text) {
  static constexpr std::string_view others = "-._~!$&'()*+;=:[]%";
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
  });
}

/// Section 6.1: a body's end is said in one way only.
std::optional<HeadRefusal> check_framing(const RequestHead& head) {
  const std::size_t codings = count_of(head, "transfer-encoding");
  if (codings == 0) return std::nullopt;
  if (head.version < 11) return HeadRefusal{400, "Transfer-Encoding is not for HTTP/1.0"};
  if (codings > 1 || !is_same_ascii(value_of(head, "transfer-encoding"), "chunked"))
    return HeadRefusal{400, "Transfer-Encoding can only be chunked"};
  if (count_of(head, "content-length") > 0)
    return HeadRefusal{400, "a request has Transfer-Encoding or Content-Length, not both"};
  return std::nullopt;
}

/// Section 3.2.
std::optional<HeadRefusal> check_host(const RequestHead& head) {
  const std::size_t hosts = count_of(head, "host");
  if (hosts > 1) return HeadRefusal{400, "there is more than one Host"};
  if (hosts == 0 && head.version >= 11) return HeadRefusal{400, "there is no Host"};
  if (!is_authority(value_of(head, "host"))) return HeadRefusal{400, "Host is not the name of a host"};
  return std::nullopt;
}

/// Section 3.2.2. Other schemes are left as they are: nothing is there.
std::optional<HeadRefusal> take_absolute_form(RequestHead& head) {
  const std::size_t slashes = head.target.find("://");
  if (slashes == std::string::npos) return std::nullopt;
  const std::string_view scheme = std::string_view(head.target).substr(0, slashes);
  if (!is_same_ascii(scheme, "http") && !is_same_ascii(scheme, "https")) return std::nullopt;
  const std::size_t begin = slashes + 3;
  const std::size_t end = std::min(head.target.find_first_of("/?#", begin), head.target.size());
  const std::string host = head.target.substr(begin, end - begin);
  if (host.empty() || !is_authority(host)) return HeadRefusal{400, "the request's address names no host"};
  std::string path = head.target.substr(end);
  if (!path.starts_with('/')) path.insert(path.begin(), '/');
  head.target = std::move(path);
  std::erase_if(head.headers, [](const auto& field) { return field.first == "host"; });
  head.headers.emplace_back("host", host);
  return std::nullopt;
}

}  // namespace

bool HeadLines::take(std::string_view bytes) {
  for (const char c : bytes) {
    if ((c == '\n') != (last_ == '\r')) return false;
    if (is_line_over_ && has_line_ && (c == ' ' || c == '\t')) return false;
    has_line_ = has_line_ || (c != '\r' && c != '\n');
    is_line_over_ = c == '\n';
    last_ = c;
  }
  return true;
}

std::optional<HeadRefusal> check(RequestHead& head) {
  if (std::optional<HeadRefusal> refusal = check_framing(head); refusal.has_value()) return refusal;
  if (std::optional<HeadRefusal> refusal = check_host(head); refusal.has_value()) return refusal;
  if (count_of(head, "expect") > 0 && head.version >= 11 && !wants_continue(head))
    return HeadRefusal{417, "Expect can only be 100-continue"};
  return take_absolute_form(head);
}

bool wants_continue(const RequestHead& head) {
  return head.version >= 11 && is_same_ascii(value_of(head, "expect"), "100-continue");
}

}  // namespace sensors

#include "common/adapters/http_client/answer_header.hpp"

#include <strings.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace sensors {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The value when `line` is the header `name`, in any case (RFC 9110 section 5.1); control characters in it become
/// spaces (section 5.5).
std::optional<std::string> header_value(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':') return std::nullopt;
  if (strncasecmp(line.data(), name.data(), name.size()) != 0) return std::nullopt;
  std::string value(trimmed(line.substr(name.size() + 1)));
  std::replace_if(
      value.begin(), value.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return value;
}

}  // namespace

void take_header_line(std::string_view line, HttpAnswer& answer) {
  if (line.starts_with("HTTP/")) {
    answer.retry_after.reset();
    answer.content_type.clear();
  } else if (std::optional<std::string> wait = header_value(line, "Retry-After"); wait.has_value()) {
    answer.retry_after = std::move(wait);
  } else if (std::optional<std::string> type = header_value(line, "Content-Type"); type.has_value()) {
    answer.content_type = std::move(*type);
  }
}

}  // namespace sensors

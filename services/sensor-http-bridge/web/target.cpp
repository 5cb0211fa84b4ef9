#include "services/sensor-http-bridge/web/target.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/core/ascii.hpp"
#include "common/core/printable.hpp"
#include "common/core/reading.hpp"

namespace sensors::bridge {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// `text` without its percent escapes; in a query '+' is a space (HTML forms).
std::optional<std::string> decoded(std::string_view text, bool is_query) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && is_query) {
      c = ' ';
    }
    if (is_control_ascii(c)) return std::nullopt;
    out += c;
  }
  return is_utf8(out) ? std::optional(std::move(out)) : std::nullopt;
}

tl::unexpected<Error> not_a_target() {
  return fail(ErrorCode::malformed, "the request's address is not a path with a query in UTF-8");
}

}  // namespace

std::optional<std::string> Target::parameter(std::string_view name) const {
  for (const auto& [known, value] : parameters) {
    if (known == name) return value;
  }
  return std::nullopt;
}

Result<void> Target::check_parameters(std::initializer_list<std::string_view> known) const {
  for (auto parameter = parameters.begin(); parameter != parameters.end(); ++parameter) {
    const std::string& name = parameter->first;
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return fail(ErrorCode::invalid, fmt::format("{}: there is no such parameter; there are {}",
                                                  printable_line(name, 64), fmt::join(known, ", ")));
    }
    if (std::any_of(parameters.begin(), parameter, [&](const auto& earlier) { return earlier.first == name; }))
      return fail(ErrorCode::invalid, fmt::format("{}: comes more than once", name));
  }
  return {};
}

Result<Target> parse_target(std::string_view text) {
  if (text.size() > Target::max_bytes)
    return fail(ErrorCode::too_large, fmt::format("the request's address is longer than {} bytes", Target::max_bytes));
  const std::size_t question = text.find('?');
  const std::optional<std::string> path = decoded(text.substr(0, question), false);
  const bool is_all = text == "*";  // of OPTIONS
  if (!path.has_value() || (!path->starts_with('/') && !is_all)) return not_a_target();
  Target target;
  target.path = *path;
  std::string_view query = question == std::string_view::npos ? std::string_view{} : text.substr(question + 1);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::optional<std::string> name = decoded(pair.substr(0, equals), true);
    const std::optional<std::string> value = decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name.has_value() || !value.has_value()) return not_a_target();
    if (target.parameters.size() == Target::max_parameters)
      return fail(ErrorCode::too_large, fmt::format("there are more than {} parameters", Target::max_parameters));
    target.parameters.emplace_back(*name, *value);
  }
  return target;
}

}  // namespace sensors::bridge

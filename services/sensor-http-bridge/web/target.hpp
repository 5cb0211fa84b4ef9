// Target is a request's path and query, taken apart (RFC 3986 sections 3.3, 3.4). Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/core/result.hpp"

namespace sensors::bridge {

struct Target {
  static constexpr std::size_t max_bytes = 4'096;
  static constexpr std::size_t max_parameters = 32;

  std::string path;  // decoded; begins with '/', or "*"
  std::vector<std::pair<std::string, std::string>> parameters;

  /// The value of the parameter `name`.
  std::optional<std::string> parameter(std::string_view name) const;

  /// ErrorCode::invalid with the name of a parameter that is not among `known`, or comes twice.
  Result<void> check_parameters(std::initializer_list<std::string_view> known) const;
};

/// ErrorCode::malformed: a bad escape, a control character, not UTF-8, not a path; too_large.
Result<Target> parse_target(std::string_view text);

}  // namespace sensors::bridge

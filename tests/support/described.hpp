// What a part of a service says of itself in the status: tests ask for that, and not for accessors of their own.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "common/codec/status_writer.hpp"

namespace sensors {

/// The whole number that the JSON text has as `key`; throws when it has none.
inline std::uint64_t number_in(const std::string& text, const std::string& key) {
  const std::string start = '"' + key + "\":";
  const std::size_t at = text.find(start);
  if (at == std::string::npos) throw std::runtime_error(key + " is not in " + text);
  return std::strtoull(text.c_str() + at + start.size(), nullptr, 10);
}

/// The whole number that `part` shows as `key`.
template <class Part>
std::uint64_t shown(const Part& part, const std::string& key) {
  StatusWriter status;
  part.describe(status);
  return number_in(status.object(), key);
}

}  // namespace sensors

// JSON payloads compared to the letter, but for the order of keys inside an object, which says nothing to a reader.
#pragma once

#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

namespace sensors {

/// `payload` with the keys of each object in the order of the alphabet. Throws for one that has a key twice, or that
/// writes something longer than need be, since those are the letters that would be lost here.
inline std::string by_key(const std::string& payload) {
  std::string sorted = nlohmann::json::parse(payload).dump();
  if (sorted.size() != payload.size())
    throw std::logic_error("a key that stands twice, or a value that is not at its shortest: " + payload);
  return sorted;
}

}  // namespace sensors

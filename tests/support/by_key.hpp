// JSON payloads compared to the letter, but for the order of keys inside an object, which says nothing to a reader.
#pragma once

#include <map>
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

/// "counters" of a status, by key. What is in it may hold numbers in an object of its own, such as failed_connects.
inline std::string counters_in(const std::string& status) {
  return nlohmann::json::parse(status).at("counters").dump();
}

/// A number that two counters share, or a 0, so that they could stand under each other's keys; empty: none.
inline std::string repeated_number_in(const std::string& counters) {
  std::map<std::string, std::string> keys;  // by number
  const nlohmann::json flat = nlohmann::json::parse(counters).flatten();
  for (const auto& [key, number] : flat.items()) {
    const auto [known, is_new] = keys.emplace(number.dump(), key);
    if (!is_new) return known->second + " and " + key + " are " + number.dump();
    if (number == 0) return key + " is 0";
  }
  return "";
}

}  // namespace sensors

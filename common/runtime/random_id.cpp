#include "common/runtime/random_id.hpp"

#include <random>
#include <string_view>

namespace sensors {

std::string random_id(std::size_t length) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::random_device kernel;
  std::string id;
  while (id.size() < length) id += alphabet[kernel() % alphabet.size()];
  return id;
}

}  // namespace sensors

// Fnv1a tells texts and numbers apart by 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/. Against accidents, not
// against an adversary. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace sensors {

inline constexpr std::uint64_t fnv1a_start = 0xcbf29ce484222325U;

constexpr std::uint64_t fnv1a_step(std::uint64_t hash, unsigned char byte) { return (hash ^ byte) * 0x100000001b3U; }

class Fnv1a {
 public:
  void add(std::string_view text) {
    for (const char byte : text) add_byte(static_cast<unsigned char>(byte));
    add_byte(0);  // no name holds it: "ab","c" is not "a","bc"
  }
  void add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) add_byte(static_cast<unsigned char>(number >> shift));
  }
  std::uint64_t value() const { return hash_; }

 private:
  void add_byte(unsigned char byte) { hash_ = fnv1a_step(hash_, byte); }
  std::uint64_t hash_ = fnv1a_start;
};

}  // namespace sensors

// text_digest() names a group of texts, the same ones always alike. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/core/fnv1a.hpp"

namespace sensors {

/// 32 hexadecimal digits: FNV-1a twice, 64 bits each. Against accidents, not against an adversary.
inline std::string text_digest(std::initializer_list<std::string_view> texts) {
  std::array<std::uint64_t, 2> hashes{fnv1a_start, 0x6c62272e07bb0142U};
  const auto add = [&hashes](unsigned char byte) {
    for (std::uint64_t& hash : hashes) hash = fnv1a_step(hash, byte);
    hashes[1] ^= hashes[1] >> 29U;  // so that the second is not the first from another start
  };
  for (const std::string_view text : texts) {
    for (const char c : text) add(static_cast<unsigned char>(c));
    for (std::uint64_t size = text.size(), i = 0; i < 8; ++i) add(static_cast<unsigned char>(size >> (8 * i)));
  }
  std::string digits;
  for (const std::uint64_t hash : hashes) {
    for (int shift = 60; shift >= 0; shift -= 4)
      digits += "0123456789abcdef"[(hash >> static_cast<unsigned>(shift)) & 0xfU];
  }
  return digits;
}

}  // namespace sensors

#include "common/core/sensor_name.hpp"

#include <cstddef>
#include <cstdint>

#include "common/core/text_digest.hpp"

namespace sensors {

namespace {

constexpr std::size_t digit_count = 12;

/// The first 60 bits of text_digest(), five in each digit (RFC 4648 section 6, in lower case).
std::string digits_of(std::string_view exact) {
  const std::uint64_t bits = std::stoull(text_digest({exact}).substr(0, 16), nullptr, 16);
  std::string digits;
  for (unsigned i = 0; i < digit_count; ++i)
    digits += "abcdefghijklmnopqrstuvwxyz234567"[(bits >> (59U - 5U * i)) & 0x1fU];
  return digits;
}

/// Each run of characters that no name has becomes '_'.
std::string cleaned(std::string_view shown) {
  std::string out;
  bool was_replaced = false;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const bool stays = is_name(shown.substr(i, 1));
    if (stays) out += shown[i];
    if (!stays && !was_replaced) out += '_';
    was_replaced = !stays;
  }
  return out.empty() ? "_" : out;
}

}  // namespace

std::string readable_name(std::string_view exact) {
  return is_name(exact) ? std::string(exact) : readable_name(exact, exact);
}

std::string readable_name(std::string_view shown, std::string_view exact, std::size_t most) {
  constexpr std::string_view cut_mark = "..";
  const std::size_t room = most - digit_count - 1;
  const std::size_t tail = (room - cut_mark.size()) / 2;
  const std::size_t head = room - cut_mark.size() - tail;
  std::string name = cleaned(shown);
  if (name.size() > room) name = name.substr(0, head).append(cut_mark).append(name.substr(name.size() - tail));
  return name + '-' + digits_of(exact);
}

}  // namespace sensors

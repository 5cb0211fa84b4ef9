#include "common/codec/unicode_text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <simdjson.h>

namespace sensors {

namespace {

constexpr std::uint32_t replacement = 0xFFFD;

enum class Order { little, big };

struct Encoding {
  std::size_t unit_bytes;
  Order order;
  std::size_t mark_bytes;
};

Encoding encoding_of(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\xEF\xBB\xBF"sv)) return {1, Order::big, 3};
  if (bytes.starts_with("\xFF\xFE\0\0"sv)) return {4, Order::little, 4};
  if (bytes.starts_with("\0\0\xFE\xFF"sv)) return {4, Order::big, 4};
  if (bytes.starts_with("\xFF\xFE"sv)) return {2, Order::little, 2};
  if (bytes.starts_with("\xFE\xFF"sv)) return {2, Order::big, 2};
  const auto is_zero = [&](std::size_t at) { return at < bytes.size() && bytes[at] == '\0'; };
  if (bytes.size() >= 4 && is_zero(0) && is_zero(1) && is_zero(2)) return {4, Order::big, 0};
  if (bytes.size() >= 4 && is_zero(1) && is_zero(2) && is_zero(3)) return {4, Order::little, 0};
  if (bytes.size() >= 2 && is_zero(0) && !is_zero(1)) return {2, Order::big, 0};
  if (bytes.size() >= 2 && is_zero(1) && !is_zero(0)) return {2, Order::little, 0};
  return {1, Order::big, 0};
}

void append(std::string& out, std::uint32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = replacement;
  const auto tail = [&](int shift) { out += static_cast<char>(0x80U | ((c >> shift) & 0x3FU)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0U | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0U | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::uint32_t unit_at(std::string_view bytes, std::size_t at, Encoding encoding) {
  std::uint32_t unit = 0;
  for (std::size_t i = 0; i < encoding.unit_bytes; ++i) {
    const std::size_t byte = encoding.order == Order::big ? i : encoding.unit_bytes - 1 - i;
    unit = unit << 8 | static_cast<unsigned char>(bytes[at + byte]);
  }
  return unit;
}

std::string from_units(std::string_view bytes, Encoding encoding) {
  std::string out;
  out.reserve(bytes.size());
  while (bytes.size() >= encoding.unit_bytes) {
    std::uint32_t c = unit_at(bytes, 0, encoding);
    bytes.remove_prefix(encoding.unit_bytes);
    if (encoding.unit_bytes == 2 && c >= 0xD800 && c <= 0xDBFF && bytes.size() >= 2) {
      const std::uint32_t low = unit_at(bytes, 0, encoding);
      if (low >= 0xDC00 && low <= 0xDFFF) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        bytes.remove_prefix(2);
      }
    }
    append(out, c);
  }
  if (!bytes.empty()) append(out, replacement);
  return out;
}

}  // namespace

std::string utf8_of(std::string_view bytes) {
  const Encoding encoding = encoding_of(bytes);
  bytes.remove_prefix(encoding.mark_bytes);
  if (encoding.unit_bytes > 1) return from_units(bytes, encoding);
  if (simdjson::validate_utf8(bytes.data(), bytes.size())) return std::string(bytes);
  return from_units(bytes, encoding);
}

}  // namespace sensors

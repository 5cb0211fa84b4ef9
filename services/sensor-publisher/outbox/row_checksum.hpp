// RowChecksum is over what a row of the outbox says, so that a damaged one is noticed and not sent: 24 bits, which let
// one damaged row of 16 million pass. It is not Fnv1a: it takes eight bytes in a step, and the
// rows of outboxes that exist have its values. Pure.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "common/core/reading.hpp"

namespace sensors::publisher {

class RowChecksum {
 public:
  RowChecksum& add(std::uint64_t number) {
    // Multiply and fold, as in splitmix64.
    state_ = (state_ ^ number) * 0xbf58476d1ce4e5b9U;
    state_ ^= state_ >> 29;
    return *this;
  }

  RowChecksum& add(std::string_view text) {
    add(text.size());
    for (; text.size() >= sizeof(std::uint64_t); text.remove_prefix(sizeof(std::uint64_t))) add(word_of(text));
    if (!text.empty()) add(word_of(text));
    return *this;
  }

  RowChecksum& add(const std::optional<std::int64_t>& number) {
    add(std::uint64_t{number.has_value()});
    return add(static_cast<std::uint64_t>(number.value_or(0)));
  }

  RowChecksum& add(const Value& value) {
    add(value.index());
    if (const double* number = std::get_if<double>(&value)) return add(std::bit_cast<std::uint64_t>(*number));
    if (const bool* boolean = std::get_if<bool>(&value)) return add(std::uint64_t{*boolean});
    return add(std::string_view(std::get<std::string>(value)));
  }

  /// -2^23 .. 2^23 - 1: what SQLite stores in three bytes.
  std::int64_t value() const {
    const std::uint64_t mixed = state_ * 0x94d049bb133111ebU;
    return static_cast<std::int64_t>(mixed >> 40) - (std::int64_t{1} << 23);
  }

 private:
  static std::uint64_t word_of(std::string_view text) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), text.size() < sizeof word ? text.size() : sizeof word);
    return word;
  }

  std::uint64_t state_ = 0x9e3779b97f4a7c15U;
};

}  // namespace sensors::publisher

// EffectHash folds everything that services did, and when, into one number: two runs of a seed must give the same.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace sensors::simulation {

class EffectHash {
 public:
  void add(std::uint64_t number) {
    value_ = (value_ ^ number) * 0x9fb21c651e98df25U;
    value_ ^= value_ >> 32U;
  }

  void add(std::string_view text) {
    add(text.size());
    while (text.size() >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), sizeof(word));
      add(word);
      text.remove_prefix(sizeof(word));
    }
    std::uint64_t rest = 0;
    std::memcpy(&rest, text.data(), text.size());
    add(rest);
  }

  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0x243f6a8885a308d3U;
};

}  // namespace sensors::simulation

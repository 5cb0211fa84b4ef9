// Random is where all chance of a simulation comes from: the same seed gives the same draws on every machine, which the
// distributions of the standard library do not promise.
#pragma once

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/core/time.hpp"

namespace sensors::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }

  /// 0 .. count - 1; `count` > 0.
  std::uint64_t below(std::uint64_t count) { return next() % count; }

  std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + below(most - least + 1); }
  Millis between(Millis least, Millis most) {
    return least + Millis{static_cast<Millis::rep>(below(static_cast<std::uint64_t>((most - least).count()) + 1))};
  }

  /// 0 <= x < 1.
  double fraction() { return static_cast<double>(next() >> 11U) / 9007199254740992.0; }

  bool chance(double probability) { return fraction() < probability; }

  /// A time to the next of events that come at random, `mean` apart.
  Millis exponential(Millis mean) {
    const double drawn = -std::log(1.0 - fraction()) * static_cast<double>(mean.count());
    return Millis{1 + static_cast<Millis::rep>(drawn)};
  }

  /// Between `least` and `most`, each order of magnitude as likely as another. `least` > 0.
  Millis of_any_size(Millis least, Millis most) {
    const double low = std::log(static_cast<double>(least.count()));
    const double high = std::log(static_cast<double>(most.count()));
    return Millis{static_cast<Millis::rep>(std::exp(low + (high - low) * fraction()))};
  }

  template <class Container>
  auto& one_of(Container& container) {
    return container[static_cast<std::size_t>(below(container.size()))];
  }

  /// One of a few times in ms.
  Millis one_of_values(std::initializer_list<Millis::rep> values) {
    return Millis{*(values.begin() + static_cast<std::ptrdiff_t>(below(values.size())))};
  }

  /// 12 characters: an id of a stream or a store.
  std::string id() {
    constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    std::string made(12, ' ');
    for (char& character : made) character = alphabet[below(alphabet.size())];
    return made;
  }

 private:
  std::uint64_t state_;
};

}  // namespace sensors::simulation

// What `silent/<service>` says: the sensors of which nothing comes any more, and how many are known. Decoding checks
// everything. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// So many silent sensors are named at most; fewer where their names, and those of their drivers, are very long.
inline constexpr std::size_t max_silent_named = 1'000;

inline constexpr Millis max_usual_interval{std::int64_t{366} * 24 * 3'600'000};

struct SilentSensor {
  std::string node;
  std::string sensor;
  WallTime since;           // the time of its last reading
  Millis interval{0};       // at which it came: 1 ms .. max_usual_interval
  std::string driver = {};  // that fails or hangs, which is why; empty: none is known to
  bool operator==(const SilentSensor&) const = default;
};

struct SilentReport {
  std::uint64_t known = 0;           // sensors, the silent ones included
  std::vector<SilentSensor> silent;  // the longest silent first, at most max_silent_named
  std::uint64_t more = 0;            // silent ones that are not named
  bool operator==(const SilentReport&) const = default;
};

/// At most max_payload_bytes. Those that are not named are counted in `more`, beside those that it has already.
std::string encode_silent(const SilentReport& report);

/// malformed, too_large (also with more than max_silent_named sensors), or invalid with the key that is wrong. Keys of
/// later versions are ignored.
Result<SilentReport> decode_silent(std::string_view payload);

}  // namespace sensors

// Random readings, gaps and batches that keep every rule, for the properties of the codec's tests.
#pragma once

#include <string>

#include "common/core/reading.hpp"

namespace sensors {

/// "2026-01-15T16:09:35.123Z".
inline constexpr WallTime moment{Millis{1'768'493'375'123}};

std::string any_name();
std::string any_text();
WallTime any_time();
std::uint64_t any_seq();
Reading any_reading();
Reading any_unsynced_reading();
Gap any_gap(std::uint64_t first);

/// Readings and gaps, merged by number, ascend; now and then with a hole.
Batch any_batch();

}  // namespace sensors

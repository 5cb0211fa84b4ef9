// Readings in InfluxDB's line protocol, as its agents send them (InfluxDB 2 reference, "Line protocol"). Nothing of it
// is trusted. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/codec/posted_readings.hpp"
#include "common/core/time.hpp"

namespace sensors::bridge {

/// Nanoseconds in one of a timestamp's units: "n", "ns", "u", "us", "µ", "µs", "ms", "s", "m", "h"; of "": 1.
std::optional<std::int64_t> precision_from(std::string_view name);

/// A field becomes a reading of the sensor that sensor_of() names. `now` stands in for a timestamp. A row is a line,
/// from 0, by the first of its lines where a text has line ends. What is wrong with one value, such as a text that is
/// too long, costs that field only: the others of its line are among the readings. A body without a line has neither
/// readings nor bad rows. too_large: more than `max_readings` fields.
Result<PostedReadings> decode_line_protocol(std::string_view body, WallTime now, std::int64_t precision_ns,
                                            std::size_t max_readings);

}  // namespace sensors::bridge

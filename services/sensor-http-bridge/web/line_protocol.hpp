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

/// Nanoseconds in one of a timestamp's units: "ns", "n", "us", "u", "ms", "s", "m", "h".
std::optional<std::int64_t> precision_from(std::string_view name);

/// A field becomes a reading of the sensor "measurement.tagvalue.field": tag values in the order of the line, each
/// character that no name has made '_', and a digest in the middle of what is too long for a name. A field that is
/// named "value" is left out of the name. `now` stands in for a timestamp. A row is a line, from 0; too_large: more
/// than `max_readings` fields; malformed: no readings at all.
Result<PostedReadings> decode_line_protocol(std::string_view body, WallTime now, std::int64_t precision_ns,
                                            std::size_t max_readings);

}  // namespace sensors::bridge

// Points: readings as a database has them, to be compared with what the store has.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "services/sensor-http-bridge/sinks/http/logic/upload_lines.hpp"
#include "tests/rig/databases.hpp"

namespace sensors::rig {

struct Point {
  std::string sensor;
  std::int64_t time = 0;  // ns since 1970 in InfluxDB, ms in VictoriaMetrics
  double value = 0;
  auto operator<=>(const Point&) const = default;
};
using Points = std::vector<Point>;  // sorted

inline constexpr std::int64_t ns_per_ms = 1'000'000;

/// Everything that is stored, in nanoseconds.
inline Points stored_points(const StoreReader& store) {
  Points points;
  for (const StoreReader::Stream& stream : store.streams()) {
    for (const StoreReader::Row& row : store.rows(stream.name)) {
      const auto below_ms = static_cast<std::int64_t>(nanoseconds_of(stream.name, row.seq));
      points.push_back({row.sensor, row.time_ms * ns_per_ms + below_ms, row.value});
    }
  }
  std::sort(points.begin(), points.end());
  return points;
}

inline Points in_milliseconds(Points points) {
  for (Point& point : points) point.time /= ns_per_ms;
  std::sort(points.begin(), points.end());
  return points;
}

/// Those of `wanted` that `found` lacks.
inline Points missing(const Points& wanted, const Points& found) {
  Points left;
  std::set_difference(wanted.begin(), wanted.end(), found.begin(), found.end(), std::back_inserter(left));
  return left;
}

}  // namespace sensors::rig

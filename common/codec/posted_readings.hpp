// Readings as a client of the HTTP API hands them in: one JSON object, or an array of them. Decoding checks everything
// and names each row that is wrong. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/codec/foreign_time.hpp"
#include "common/core/reading.hpp"

namespace sensors {

inline constexpr std::size_t max_posted_readings = 1'000;

struct BadRow {
  std::size_t row = 0;  // from 0
  std::string reason;
};

struct PostedReadings {
  std::vector<Reading> readings;  // those that are right
  std::vector<BadRow> bad_rows;
};

/// {"sensor":"x","value":1.5,"unit":"Cel","time":"..."}, unit and time optional; `now` stands in for a time, and
/// `times` says what one without an offset means. Units as people write them become UCUM codes, see ucum_unit().
/// malformed: not such JSON at all, or no rows; too_large: more than max_posted_readings or `max_bytes`.
Result<PostedReadings> decode_posted_readings(std::string_view body, WallTime now, std::size_t max_bytes,
                                              const TimeRule& times = {});

}  // namespace sensors

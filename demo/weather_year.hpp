// The year of weather, as if it had been measured here over the past year. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors::demo {

/// The rows of `csv`, one for each hour of a calendar year behind a heading whose first column is the time, in the
/// order and with the times of the year that ends at `end`: the last row is that of `hour_of_year` (0: 1 January,
/// midnight), and has the time `end`. malformed when a row has no comma or there is no row.
Result<std::string> past_year(std::string_view csv, std::size_t hour_of_year, WallTime end);

}  // namespace sensors::demo

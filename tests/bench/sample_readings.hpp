// Readings for the benchmarks: tests/data/seattle-weather-hourly.csv, repeated as often as needed, each time a year
// later, as sensors go on and do not measure one year again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/core/reading.hpp"

namespace sensors::bench {

std::vector<Reading> sample_readings(std::uint64_t count);

/// Writes an outbox with `readings` of one stream that no publisher has sent yet.
void fill_outbox(const std::string& path, const std::vector<Reading>& readings);

/// Rows a second that SQLite takes: (stream, seq, sensor, time, value), primary key (stream, seq), commits of 1,000,
/// WAL, synchronous=FULL. The ceiling of every store on this machine.
double sqlite_rows_per_second(const std::string& path, const std::vector<Reading>& readings);

}  // namespace sensors::bench

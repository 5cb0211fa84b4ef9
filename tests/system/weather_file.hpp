// WeatherFile is tests/data/seattle-weather-hourly.csv as the replay driver must give it out: which sensor, time and
// value the n-th reading of a run has. Read on its own, so that a check does not trust what it checks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sensors::rig {

class WeatherFile {
 public:
  /// RigError when the file cannot be read.
  explicit WeatherFile(const std::string& path);

  struct Reading {
    std::string sensor;
    std::int64_t time_ms = 0;
    double value = 0;
  };

  /// The reading `index` of a run, from 0; after the last one the file begins again.
  Reading reading(std::uint64_t index) const;

 private:
  struct Row {
    std::int64_t time_ms;
    std::vector<double> values;
  };
  std::vector<std::string> sensors_;
  std::vector<Row> rows_;
};

}  // namespace sensors::rig

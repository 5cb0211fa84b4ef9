// A plain CSV: date,pressure,temperature,wind with a time like 2010-01-01T01:00:00, in UTC.
#include "tests/system/weather_file.hpp"

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

#include "tests/rig/rig_error.hpp"

namespace sensors::rig {
namespace {

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream input(line);
  for (std::string field; std::getline(input, field, ',');) fields.push_back(field);
  return fields;
}

std::int64_t time_ms_of(const std::string& text) {
  std::tm time{};
  if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &time) == nullptr) throw RigError("'" + text + "' is not a time");
  return static_cast<std::int64_t>(timegm(&time)) * 1'000;
}

}  // namespace

WeatherFile::WeatherFile(const std::string& path) {
  std::ifstream input(path);
  std::string line;
  if (!std::getline(input, line)) throw RigError("read " + path + ": no header");
  sensors_ = fields_of(line);
  sensors_.erase(sensors_.begin());
  while (std::getline(input, line)) {
    const std::vector<std::string> fields = fields_of(line);
    Row row{time_ms_of(fields.at(0)), {}};
    for (std::size_t i = 1; i < fields.size(); ++i) row.values.push_back(std::strtod(fields[i].c_str(), nullptr));
    rows_.push_back(std::move(row));
  }
  if (rows_.empty()) throw RigError("read " + path + ": no rows");
}

WeatherFile::Reading WeatherFile::reading(std::uint64_t index) const {
  const Row& row = rows_.at(index / sensors_.size() % rows_.size());
  const std::size_t column = index % sensors_.size();
  return {sensors_[column], row.time_ms, row.values.at(column)};
}

}  // namespace sensors::rig

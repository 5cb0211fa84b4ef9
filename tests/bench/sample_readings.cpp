#include "tests/bench/sample_readings.hpp"

#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include "common/adapters/sqlite/database.hpp"
#include "common/codec/time_text.hpp"
#include "services/sensor-publisher/outbox/outbox.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::bench {

namespace {

constexpr std::size_t commit_rows = 1'000;

template <class T>
T value_or_throw(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

void check(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

}  // namespace

std::vector<Reading> sample_readings(std::uint64_t count) {
  const std::string path = rig::source_path("tests/data/seattle-weather-hourly.csv");
  const std::pair<const char*, const char*> columns[] = {{"pressure", "hPa"}, {"temperature", "Cel"}, {"wind", "m/s"}};
  std::vector<Reading> readings;
  readings.reserve(count);
  for (std::chrono::days shift{0}; readings.size() < count; shift += std::chrono::days{365}) {
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line)) throw std::runtime_error("cannot read " + path);
    while (readings.size() < count && std::getline(file, line)) {
      std::istringstream cells(line);
      std::string cell;
      std::getline(cells, cell, ',');
      const WallTime time = value_or_throw(parse_time(cell)) + shift;
      for (const auto& [sensor, unit] : columns) {
        if (std::getline(cells, cell, ',') && readings.size() < count)
          readings.push_back({sensor, std::stod(cell), unit, time});
      }
    }
  }
  return readings;
}

void fill_outbox(const std::string& path, const std::vector<Reading>& readings) {
  publisher::Outbox outbox = value_or_throw(publisher::Outbox::open(path, "bench"));
  Position position = 0;
  while (position < readings.size()) {
    publisher::OutboxWrite write;
    for (std::size_t i = 0; i < commit_rows && position < readings.size(); ++i) {
      ++position;
      write.append.push_back({position, position, readings[position - 1]});
    }
    check(outbox.write(write));
  }
}

double sqlite_rows_per_second(const std::string& path, const std::vector<Reading>& readings) {
  Database database =
      value_or_throw(Database::open(path,
                                    {"CREATE TABLE reading(stream INTEGER, seq INTEGER, sensor INTEGER, time_ms "
                                     "INTEGER, value, PRIMARY KEY(stream, seq)) WITHOUT ROWID"},
                                    {}));
  Statement insert = value_or_throw(database.prepare("INSERT INTO reading VALUES(1, ?1, ?2, ?3, ?4)"));
  std::map<std::string, std::int64_t> sensors;
  const Millis start = rig::monotonic_now();
  for (std::size_t i = 0; i < readings.size(); ++i) {
    if (i % commit_rows == 0) check(database.begin());
    const Reading& reading = readings[i];
    const auto sensor = sensors.try_emplace(reading.sensor, static_cast<std::int64_t>(sensors.size()) + 1).first;
    insert.bind(1, static_cast<std::int64_t>(i + 1)).bind(2, sensor->second);
    insert.bind(3, static_cast<std::int64_t>(reading.time.time_since_epoch().count()))
        .bind(4, std::get<double>(reading.value));
    check(insert.run());
    if (i % commit_rows == commit_rows - 1 || i + 1 == readings.size()) check(database.commit());
  }
  const Millis took = rig::monotonic_now() - start;
  return static_cast<double>(readings.size()) * 1e3 / static_cast<double>(took.count());
}

}  // namespace sensors::bench

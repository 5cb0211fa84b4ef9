#include "services/sensor-publisher/logic/spool_policy.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <unordered_map>

namespace sensors {
namespace {

/// What differs most stays: one reading of so many, rounded up.
constexpr std::size_t sharpest_share = 10;

using Indices = std::vector<std::size_t>;  // into the readings

/// How far each number is from those before and after it.
std::vector<double> sharpness_of(const std::vector<const Reading*>& readings, const Indices& sensor) {
  const auto number = [&](std::size_t i) { return std::get<double>(readings[sensor[i]]->value); };
  std::vector<double> sharpness(sensor.size(), 0);
  for (std::size_t i = 1; i < sensor.size(); ++i) {
    const double step = std::abs(number(i) - number(i - 1));
    sharpness[i - 1] += step;
    sharpness[i] += step;
  }
  return sharpness;
}

void thin_numbers(const std::vector<const Reading*>& readings, const Indices& sensor, std::vector<bool>& goes) {
  const std::vector<double> sharpness = sharpness_of(readings, sensor);
  Indices by_sharpness(sensor.size());
  for (std::size_t i = 0; i < by_sharpness.size(); ++i) by_sharpness[i] = i;
  const std::size_t sharpest = (sensor.size() + sharpest_share - 1) / sharpest_share;
  std::nth_element(
      by_sharpness.begin(), by_sharpness.begin() + static_cast<std::ptrdiff_t>(sharpest - 1), by_sharpness.end(),
      [&](std::size_t a, std::size_t b) { return sharpness[a] != sharpness[b] ? sharpness[a] > sharpness[b] : a < b; });
  std::vector<bool> stays(sensor.size(), false);
  for (std::size_t i = 0; i < sharpest; ++i) stays[by_sharpness[i]] = true;
  for (std::size_t i = 0; i + 1 < sensor.size(); i += 2) {
    if (stays[i] && stays[i + 1]) continue;
    const bool first_goes = stays[i + 1] || (!stays[i] && sharpness[i] < sharpness[i + 1]);
    goes[sensor[first_goes ? i : i + 1]] = true;
  }
}

void thin_states(const std::vector<const Reading*>& readings, const Indices& sensor, std::vector<bool>& goes) {
  bool next_goes = true;
  for (std::size_t i = 1; i < sensor.size(); ++i) {
    if (readings[sensor[i]]->value != readings[sensor[i - 1]]->value) continue;
    goes[sensor[i]] = next_goes;
    next_goes = !next_goes;
  }
}

}  // namespace

std::vector<bool> thin_out(const std::vector<const Reading*>& readings) {
  std::unordered_map<std::string_view, Indices> sensors;
  for (std::size_t i = 0; i < readings.size(); ++i) sensors[readings[i]->sensor].push_back(i);
  std::vector<bool> goes(readings.size(), false);
  for (const auto& [name, sensor] : sensors) {
    const bool numbers = std::all_of(sensor.begin(), sensor.end(),
                                     [&](std::size_t i) { return std::holds_alternative<double>(readings[i]->value); });
    numbers ? thin_numbers(readings, sensor, goes) : thin_states(readings, sensor, goes);
  }
  return goes;
}

}  // namespace sensors

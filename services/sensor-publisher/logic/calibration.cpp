#include "services/sensor-publisher/logic/calibration.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace sensors::publisher {

namespace {

using Texts = std::map<std::string, std::string, std::less<>>;

Texts texts_in(std::string_view lines) {
  Texts texts;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    if (const std::size_t space = line.find(' '); space != std::string_view::npos)
      texts.insert_or_assign(std::string(line.substr(0, space)), std::string(line.substr(space + 1)));
  }
  return texts;
}

std::string text_in(const Texts& texts, std::string_view sensor) {
  const auto found = texts.find(sensor);
  return found == texts.end() ? "none" : found->second;
}

}  // namespace

double calibrated(const Calibration& calibration, double number) {
  const std::vector<CalibrationPoint>& points = calibration.points;
  if (points.size() < 2) return number * calibration.scale + calibration.offset;
  const auto is_above = [](double raw, const CalibrationPoint& point) { return raw < point.raw; };
  const auto right = std::clamp(std::upper_bound(points.begin(), points.end(), number, is_above), points.begin() + 1,
                                points.end() - 1);
  const auto left = right - 1;
  // Each point exactly: measured from the nearer one.
  const double slope = (right->value - left->value) / (right->raw - left->raw);
  const bool is_nearer_right = right->raw - number < number - left->raw;
  const CalibrationPoint& from = is_nearer_right ? *right : *left;
  return from.value + (number - from.raw) * slope;
}

std::string text_of(const Calibration& calibration) {
  if (calibration.points.empty()) {
    return calibration == Calibration{} ? ""
                                        : fmt::format("scale {}, offset {}", calibration.scale, calibration.offset);
  }
  std::string text;
  for (const CalibrationPoint& point : calibration.points)
    text += fmt::format("{}{} is {}", text.empty() ? "" : ", ", point.raw, point.value);
  return text;
}

std::string calibrations_of(const std::vector<DriverSchedule>& drivers) {
  Texts texts;
  for (const DriverSchedule& driver : drivers) {
    for (const auto& [sensor, options] : driver.sensors) {
      if (std::string text = text_of(options.calibration); !text.empty()) texts.emplace(sensor, std::move(text));
    }
  }
  std::string lines;
  for (const auto& [sensor, text] : texts) lines += sensor + " " + text + "\n";
  return lines;
}

std::vector<std::string> changed_calibrations(std::string_view before, std::string_view now) {
  const Texts old_texts = texts_in(before);
  const Texts new_texts = texts_in(now);
  Texts all = old_texts;
  all.insert(new_texts.begin(), new_texts.end());
  std::vector<std::string> changes;
  for (const auto& [sensor, text] : all) {
    const std::string was = text_in(old_texts, sensor);
    const std::string is = text_in(new_texts, sensor);
    if (was != is) changes.push_back(fmt::format("{} is calibrated anew: {}; before: {}", sensor, is, was));
  }
  return changes;
}

}  // namespace sensors::publisher

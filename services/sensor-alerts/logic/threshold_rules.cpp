#include "services/sensor-alerts/logic/threshold_rules.hpp"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

namespace sensors::alerts {

namespace {

std::optional<double> number_of(const Value& value) {
  if (const double* number = std::get_if<double>(&value)) return *number;
  if (const bool* is_on = std::get_if<bool>(&value)) return *is_on ? 1.0 : 0.0;
  return std::nullopt;
}

std::string with_unit(double value, const std::string& unit) {
  return unit.empty() || unit == "1" ? fmt::format("{}", value) : fmt::format("{} {}", value, unit);
}

/// Whether the limit is passed; one that was stays so within the hysteresis.
bool is_above(double value, double limit, double hysteresis, bool was) {
  return was ? value > limit - hysteresis : value > limit;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

ThresholdRules::ThresholdRules(std::vector<ThresholdRule> rules) : rules_(std::move(rules)) {}

void ThresholdRules::take(std::string_view node, const Reading& reading, Now now) {
  const std::optional<double> value = number_of(reading.value);
  if (!value.has_value()) return;
  const bool has_time = !reading.uptime.has_value();
  const WallTime time = has_time ? reading.time : now.wall;  // of one without: when it arrived
  if (now.clock_synced && (now.wall - time > oldest || time - now.wall > most_ahead)) return;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const ThresholdRule& rule = rules_[i];
    if (!matches(rule.sensor, reading.sensor) || (!rule.node.empty() && rule.node != node)) continue;
    const Key key{i, node, reading.sensor};
    auto found = watched_.find(key);
    if (found == watched_.end()) {
      if (watched_.size() >= max_sensors) {
        ++ignored_;
        continue;
      }
      Watched fresh;
      fresh.name = alert_name({rule_kind, rule.name, node, reading.sensor});
      found = watched_.emplace(key, std::move(fresh)).first;
    } else if (has_time && is_passed(time, found->second.newest, now)) {
      continue;
    }
    if (has_time) found->second.newest = time;
    judge(rule, reading, *value, time, found->second);
  }
}

/// A newer one is known, unless that came from the future: then the clock was put back since.
bool ThresholdRules::is_passed(WallTime time, WallTime newest, Now now) {
  return time <= newest && newest - now.wall <= most_ahead;
}

void ThresholdRules::judge(const ThresholdRule& rule, const Reading& reading, double value, WallTime time,
                           Watched& watched) {
  const bool was = !watched.said.empty();
  std::string said;
  const std::string now_is = reading.sensor + " is " + with_unit(value, reading.unit);
  if (rule.above.has_value() && is_above(value, *rule.above, rule.hysteresis, was))
    said = fmt::format("{}, above {}", now_is, *rule.above);
  if (rule.below.has_value() && is_above(-value, -*rule.below, rule.hysteresis, was))
    said = fmt::format("{}, below {}", now_is, *rule.below);
  if (rule.change.has_value()) {
    const double changed = spread(rule, time, value, watched);
    if (is_above(changed, *rule.change, rule.hysteresis, was))
      said = fmt::format("{}, and changed by {} within {} s", now_is, with_unit(changed, reading.unit),
                         rule.within.count() / 1'000);
  }
  if (!said.empty() && !rule.text.empty()) said = rule.text + ": " + said;
  if (!said.empty() && !was) watched.since = time;
  watched.said = std::move(said);
}

/// How far the values of the last `within` lie apart. Where many come, those between are thinned out in time.
double ThresholdRules::spread(const ThresholdRule& rule, WallTime time, double value, Watched& watched) {
  std::deque<std::pair<WallTime, double>>& values = watched.values;
  if (!values.empty() && time < values.back().first) values.clear();  // the clock was put back
  while (!values.empty() && time - values.front().first > rule.within) values.pop_front();
  const Millis apart = rule.within / max_values;
  if (values.empty() || time - values.back().first >= apart) values.emplace_back(time, value);
  double least = value;
  double greatest = value;
  for (const auto& [at, one] : values) {
    least = std::min(least, one);
    greatest = std::max(greatest, one);
  }
  return greatest - least;
}

void ThresholdRules::add_troubles(std::vector<Trouble>& troubles) const {
  for (const auto& [key, watched] : watched_) {
    if (watched.said.empty()) continue;
    const auto& [index, node, sensor] = key;
    const ThresholdRule& rule = rules_[index];
    Trouble trouble;
    trouble.lasts = rule.lasts;
    trouble.alert.name = watched.name;
    trouble.alert.severity = rule.is_critical ? "critical" : "warning";
    trouble.alert.kind = rule_kind;
    trouble.alert.node = node;
    trouble.alert.object = sensor;
    trouble.alert.text = watched.said;
    trouble.alert.since = watched.since;
    troubles.push_back(std::move(trouble));
  }
}

bool ThresholdRules::is_unknown(const Alert& alert) const {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (alert_name({rule_kind, rules_[i].name, alert.node, alert.object}) != alert.name) continue;
    return !watched_.contains(Key{i, alert.node, alert.object});
  }
  return false;
}

}  // namespace sensors::alerts

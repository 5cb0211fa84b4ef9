// The part of Judge that is about sensors, and the drivers that read them.
#include <algorithm>
#include <map>
#include <set>

#include "common/core/reading.hpp"
#include "common/verdict/judge.hpp"

namespace sensors::verdict {

namespace {

/// Why each driver fails, as a publisher's reason has it.
using Drivers = std::map<std::string_view, std::string_view>;

/// A text of a driver may have "; " in it: what has no name before it belongs to the driver before.
Drivers drivers_of(std::string_view reason) {
  Drivers drivers;
  if (!reason.starts_with(drivers_fail)) return drivers;
  reason.remove_prefix(drivers_fail.size());
  while (!reason.empty()) {
    const std::string_view part = reason.substr(0, reason.find("; "));
    reason.remove_prefix(std::min(part.size() + 2, reason.size()));
    const std::string_view name = part.substr(0, part.find(": "));
    if (name.size() < part.size() && is_name(name)) drivers.emplace(name, part.substr(name.size() + 2));
  }
  return drivers;
}

/// Not all of them have room in a reason.
bool names_all(std::string_view reason) {
  const std::size_t last = reason.rfind("; and ");
  return last == std::string_view::npos || reason.find(" more driver", last) == std::string_view::npos;
}

}  // namespace

/// One whose sensors are silent is named by these: so a second sensor of it that falls silent is told too.
void Judge::judge_drivers(const Name& name, const WatchedService& service) {
  const std::string& reason = service.report()->reason;
  if (!names_all(reason)) leave_out("driver", name.first, "");
  std::set<std::string_view> silent;
  if (service.silent.has_value()) {
    for (const SilentSensor& sensor : service.silent->silent) silent.insert(sensor.driver);
  }
  const WallTime since = service.when(Condition::degraded).value_or(now_.wall);
  for (const auto& [driver, why] : drivers_of(reason)) {
    if (silent.contains(driver)) {
      leave_out("driver", name.first, driver);
    } else {
      add("driver", Severity::warning, {name.first, std::string(driver)}, driver_words(driver, why), since);
    }
  }
}

/// Its publisher says nothing, so nothing is known of them one by one.
bool Judge::is_of_dead(const std::string& node) const {
  if (silent_machines_.contains(node)) return true;
  const WatchedService* const publisher = at(node, publisher_service);
  return publisher != nullptr && is_dead(*publisher);
}

void Judge::judge_sensors() {
  for (const auto& [name, service] : watch_.services_) {
    if (!service.silent.has_value()) continue;
    if (service.report() != nullptr && is_dead(service)) continue;
    judge_silent(name, service);
  }
}

/// Each is a problem of its own: several in one would be told once, and not when one more falls silent.
void Judge::judge_silent(const Name& reporter, const WatchedService& service) {
  const Drivers drivers = service.report() == nullptr ? Drivers{} : drivers_of(service.report()->reason);
  for (const SilentSensor& sensor : service.silent->silent) {
    if (is_of_dead(sensor.node)) continue;
    ++silent_sensors_;
    const auto driver = drivers.find(sensor.driver);
    const std::string_view why = driver == drivers.end() ? "" : driver->second;
    add("sensor_silent", Severity::warning, {sensor.node, sensor.sensor}, sensor_silent_words(sensor, why),
        sensor.since);
  }
  if (service.silent->more == 0) return;
  leave_out("sensor_silent", "", "");
  silent_sensors_ += service.silent->more;
  const std::vector<SilentSensor>& named = service.silent->silent;
  add("sensor_silent", Severity::warning, {reporter.first, ""}, sensors_unnamed_words(service.silent->more),
      named.empty() ? wall_at(service.silent_heard_at, now_) : named.back().since);
}

}  // namespace sensors::verdict

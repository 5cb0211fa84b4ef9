// What is checked of what a publisher says about the silence of its devices' sensors: nobody who came in time is
// silent, everybody else is, once, through restarts, and until something comes of it.
#include <algorithm>

#include "common/codec/control_json.hpp"
#include "tests/simulation/publisher_service.hpp"

namespace sensors::simulation {

namespace {

constexpr Millis floor_of_silence{60'000};
constexpr Millis base_pace{10'000};

}  // namespace

/// By the pace that its last status said: the Logic knows of a slower one first, so it waits no less.
void PublisherService::note_heard(const publisher::DriverRead& read) {
  const publisher::DriverSchedule& driver = options_.drivers[read.driver];
  for (const Sample& sample : read.report.samples) {
    if (driver.is_stream) {
      devices_.erase(sample.sensor);  // it is the program's too, and may be so from now on
      continue;
    }
    const Millis interval{driver.interval.count() * std::max(pace_, base_pace).count() / base_pace.count()};
    devices_[sample.sensor] = {world_.scheduler.now(), std::max(floor_of_silence, 3 * interval)};
  }
}

void PublisherService::note_silent(const MqttPublish& message) {
  const Result<SilentReport> report = decode_silent(message.payload);
  if (!report.has_value())
    return world_.ledger.violate("what is published can be read", report.error().message + ": " + message.payload);
  silent_ = *report;
  for (const SilentSensor& sensor : silent_.silent) {
    const auto heard = devices_.find(sensor.sensor);
    if (heard == devices_.end()) continue;
    const auto since = std::chrono::duration_cast<Millis>(world_.scheduler.now() - heard->second.at);
    if (since >= heard->second.least) continue;
    world_.ledger.violate("no sensor is silent that came in time",
                          fmt::format("{}: {} came {} ms ago, and may be silent for {} ms", name(), sensor.sensor,
                                      since.count(), heard->second.least.count()));
  }
}

void PublisherService::note_event(const MqttPublish& message) {
  const Result<ServiceEvent> event = decode_event(message.payload);
  if (event.has_value() && event->type == "silent") ++silence_events_;
}

bool PublisherService::says_silent(const std::string& sensor) const {
  return std::any_of(silent_.silent.begin(), silent_.silent.end(),
                     [&sensor](const SilentSensor& silent) { return silent.sensor == sensor; });
}

std::vector<std::string> PublisherService::devices() const {
  std::vector<std::string> names;
  for (const auto& [sensor, heard] : devices_) names.push_back(sensor);
  return names;
}

void PublisherService::check_silent(const std::vector<std::string>& sensors, const std::string& when) const {
  for (const std::string& sensor : sensors) {
    if (!says_silent(sensor))
      world_.ledger.violate("a sensor of which nothing comes is silent", name() + ": " + sensor + " " + when);
  }
}

void PublisherService::check_none_silent() const {
  for (const auto& [sensor, heard] : devices_) {
    const bool came = world_.scheduler.now() - heard.at < floor_of_silence;
    if (came && says_silent(sensor))
      world_.ledger.violate("that a sensor is back is told", name() + ": " + sensor + " came");
  }
}

}  // namespace sensors::simulation

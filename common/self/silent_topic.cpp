#include "common/self/silent_topic.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/codec/silent_json.hpp"
#include "common/codec/time_text.hpp"

namespace sensors {

namespace {

std::string interval_text(Millis interval) {
  const auto seconds = static_cast<double>(interval.count()) / 1e3;
  return seconds < 120 ? fmt::format("{:.3g} s", seconds) : fmt::format("{:.3g} min", seconds / 60);
}

std::string name_of(const KnownSensor& sensor) { return fmt::format("{} of {}", sensor.sensor, sensor.node); }

std::string text_of_silence(const std::vector<KnownSensor>& began, const SilentTopic::Failure& failure) {
  const KnownSensor& first = began.front();
  std::string text =
      began.size() == 1
          ? fmt::format("sensor {} is silent: nothing has come of it since {}", name_of(first), time_text(first.last))
          : fmt::format("{} sensors are silent, one of them {}: nothing has come of it since {}", began.size(),
                        name_of(first), time_text(first.last));
  if (first.interval > Millis{0}) text += fmt::format("; it came every {}", interval_text(first.interval));
  if (!failure.driver.empty()) text += fmt::format("; its driver {} fails: {}", failure.driver, failure.what);
  return text;
}

std::string text_of_return(const std::vector<KnownSensor>& ended) {
  const KnownSensor& first = ended.front();
  std::string text = ended.size() == 1
                         ? fmt::format("sensor {} is back", name_of(first))
                         : fmt::format("{} sensors are back, one of them {}", ended.size(), name_of(first));
  return text + fmt::format("; it was silent since {}", time_text(first.last));
}

std::string details_of(const std::vector<KnownSensor>& sensors, bool silent) {
  std::string details = fmt::format(R"("silent":{},"sensors":{})", silent, sensors.size());
  if (sensors.size() == 1)
    details += fmt::format(R"(,"node":"{}","sensor":"{}")", sensors.front().node, sensors.front().sensor);
  return details;
}

SilentReport report_of(const SilenceWatch& watch, const SilentTopic::FailureOf& failure_of) {
  SilentReport report;
  report.known = watch.watched();
  for (KnownSensor& sensor : watch.silent()) {
    std::string driver = failure_of(sensor).driver;
    report.silent.push_back({std::move(sensor.node), std::move(sensor.sensor), sensor.last,
                             std::max(sensor.interval, Millis{1}), std::move(driver)});
  }
  return report;
}

}  // namespace

void SilentTopic::advance(SilenceWatch& watch, std::uint64_t failures, const FailureOf& failure_of, Self& self, Now now,
                          CommonEffects effects) {
  const SilenceWatch::Change change = watch.take_change(now);
  if (!change.began.empty()) {
    self.announce("silent", {LogLevel::warning, text_of_silence(change.began, failure_of(change.began.front()))}, now,
                  effects, details_of(change.began, true));
  }
  if (!change.ended.empty()) {
    self.announce("silent", {LogLevel::info, text_of_return(change.ended)}, now, effects,
                  details_of(change.ended, false));
  }
  const Version version{watch.revision(), failures};
  if (!self.is_connected() || said_ == version) return;
  std::string payload = encode_silent(report_of(watch, failure_of));
  const bool is_news = !said_.has_value() || payload != payload_;
  said_ = version;
  if (is_news) self.say("silent", payload_ = std::move(payload), effects);
}

void SilentTopic::describe(const SilenceWatch& watch, StatusWriter& status) const {
  StatusWriter& sensors = status.in("sensors");
  sensors.add("known", watch.known());
  sensors.add("silent", watch.silent_count());
  sensors.add("not_watched", watch.not_watched());
}

}  // namespace sensors

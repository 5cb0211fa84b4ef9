// Who judges the sensors of a node's sensor-publisher:
//
//   the broker                          | judged by
//   knows its status, whatever it says  | the publisher; a machine that is away is one fact, and not forty
//   has not told of it, for 10 min      | the store: nobody else would say so
//   was told to forget it               | nobody: it has another name now, or is no more
#include "services/sensor-persistence/logic/silence.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sensors::persistence {

namespace {

constexpr std::string_view publisher_service = "sensor-publisher";

// A publisher whose breaker is open comes back to a broker that restarted within 5 min.
constexpr Millis publisher_is_gone_after{600'000};

constexpr SilenceWatch::Rhythm learned{.learns = true};

}  // namespace

std::optional<SilenceWatch::Source> Silence::source_of(const std::string& node, const std::string& publisher) {
  if (publisher != publisher_service) {
    if (const auto known = by_http_.find(node); known != by_http_.end()) return known->second;
    if (by_http_.size() >= most_sources_) return std::nullopt;
    is_to_judge_ = true;
    return by_http_[node] = watch_.source(node, publisher);
  }
  const auto known = publishers_.find(node);
  if (known == publishers_.end() && publishers_.size() >= most_sources_) return std::nullopt;
  Publisher& of_node = known != publishers_.end() ? known->second : publishers_[node];
  if (!of_node.source.has_value()) {
    of_node.source = watch_.source(node, publisher);
    is_to_judge_ = true;
  }
  return of_node.source;
}

void Silence::restart(const std::vector<KnownSensor>& kept, Now now) {
  for (const KnownSensor& sensor : kept) {
    if (source_of(sensor.node, sensor.source).has_value())
      watch_.restore(
          {sensor}, [](const KnownSensor&) { return learned; }, now);
  }
  for (auto& [node, publisher] : publishers_) {
    if (!publisher.is_known && !publisher.gone_at.has_value())
      publisher.gone_at = now.monotonic + publisher_is_gone_after;
  }
  is_to_judge_ = true;
}

/// What waited under a name that its machine had before makes no sensor of that name known again.
void Silence::heard(const StreamRows& rows, Now now) {
  const bool is_http = rows.publisher != publisher_service;
  const auto publisher = publishers_.find(rows.node);
  const bool is_there = publisher != publishers_.end() && publisher->second.is_known;
  const std::optional<SilenceWatch::Source> source = source_of(rows.node, rows.publisher);
  if (!source.has_value()) return;
  for (const SequencedReading& row : rows.readings) {
    const Reading& reading = row.reading;
    if (is_http || is_there || watch_.find(rows.node, reading.sensor).has_value()) {
      watch_.heard(*source, reading.sensor, std::min(reading.time, now.wall), learned, now);
    }
  }
}

// ---- who judges ----

void Silence::connected(Now now) {
  topic_.connected();
  for (auto& [node, publisher] : publishers_) {
    publisher.is_known = false;
    publisher.gone_at = now.monotonic + publisher_is_gone_after;
  }
  bridges_.clear();
  is_to_judge_ = true;
}

void Silence::take_status(const TopicView& topic, const MqttMessage& message, Now now, std::vector<Effect>& effects) {
  const std::string node(topic.node);
  if (topic.name != publisher_service) {
    if (bridges_.size() < most_sources_ || bridges_.contains(node)) {
      const Result<ServiceState> state = decode_status_state(message.payload);
      bridges_[node] = !state.has_value() || *state == ServiceState::down;
      if (message.payload.empty()) bridges_.erase(node);
      is_to_judge_ = true;
    }
    return;
  }
  if (publishers_.size() >= most_sources_ && !publishers_.contains(node)) return;
  Publisher& publisher = publishers_[node];
  is_to_judge_ = is_to_judge_ || !publisher.is_known;
  publisher.is_known = !message.payload.empty();
  publisher.gone_at.reset();
  if (publisher.is_known) return;
  publisher.gone_at = now.monotonic + publisher_is_gone_after;
  publisher.silent.clear();
  const std::size_t forgotten = publisher.source.has_value() ? watch_.forget(*publisher.source) : 0;
  if (forgotten == 0) return;
  effects.emplace_back(
      LogLine{LogLevel::info,
              fmt::format("{} of {} was taken off the broker: its {} sensors are forgotten, their readings stay",
                          topic.name, node, forgotten)});
}

Result<void> Silence::take_silent(const TopicView& topic, const MqttMessage& message) {
  const auto publisher = publishers_.find(topic.node);
  if (message.payload.empty()) {
    if (publisher != publishers_.end()) publisher->second.silent.clear();
    return {};
  }
  TRY_ASSIGN(const SilentReport report, decode_silent(message.payload));
  if (publisher == publishers_.end() && publishers_.size() >= most_sources_) return {};
  Publisher& of_node = publisher != publishers_.end() ? publisher->second : publishers_[std::string(topic.node)];
  of_node.silent.clear();
  for (const SilentSensor& sensor : report.silent) {
    if (sensor.node == topic.node) of_node.silent[sensor.sensor] = sensor.since;
  }
  return {};
}

SilenceWatch::Judged Silence::judged(const Publisher& publisher) const {
  if (publisher.is_known || publisher.gone_at.has_value()) return SilenceWatch::Judged::elsewhere;
  return can_hear_ ? SilenceWatch::Judged::here : SilenceWatch::Judged::paused;
}

/// As far as it is known: there may be bridges with names, too.
bool Silence::bridge_is_away() const {
  return !bridges_.empty() && std::all_of(bridges_.begin(), bridges_.end(), [](const auto& one) { return one.second; });
}

void Silence::judge_all(Now now) {
  for (const auto& [node, publisher] : publishers_) {
    if (publisher.source.has_value()) watch_.judge(*publisher.source, judged(publisher), now);
  }
  const bool is_asked = can_hear_ && !bridge_is_away();
  for (const auto& [node, source] : by_http_)
    watch_.judge(source, is_asked ? SilenceWatch::Judged::here : SilenceWatch::Judged::paused, now);
}

void Silence::advance(bool can_hear, Self& self, Now now, std::vector<Effect>& effects) {
  is_to_judge_ = is_to_judge_ || can_hear != can_hear_;
  can_hear_ = can_hear;
  for (auto& [node, publisher] : publishers_) {
    if (!publisher.gone_at.has_value() || now.monotonic < *publisher.gone_at) continue;
    publisher.gone_at.reset();
    is_to_judge_ = true;
  }
  if (std::exchange(is_to_judge_, false)) judge_all(now);
  topic_.advance(
      watch_, 0, [](const KnownSensor&) { return SilentTopic::Failure{}; }, self, now, effects);
}

std::optional<Instant> Silence::wake_at() const {
  std::optional<Instant> at = watch_.wake_at();
  for (const auto& [node, publisher] : publishers_) {
    if (publisher.gone_at.has_value()) at = std::min(at.value_or(*publisher.gone_at), *publisher.gone_at);
  }
  return at;
}

void Silence::tell(std::vector<StoredReading>& newest) const {
  for (StoredReading& row : newest) {
    const std::string& sensor = row.reading.reading.sensor;
    const std::optional<KnownSensor> known = watch_.find(row.node, sensor);
    if (known.has_value()) row.interval = known->interval;
    if (known.has_value() && known->silent) row.silent_since = known->last;
    const auto publisher = publishers_.find(row.node);
    const bool is_by_http = known.has_value() && known->source != publisher_service;
    if (publisher == publishers_.end() || !publisher->second.is_known || is_by_http) continue;
    const auto silent = publisher->second.silent.find(sensor);
    if (silent != publisher->second.silent.end()) row.silent_since = silent->second;
  }
}

}  // namespace sensors::persistence

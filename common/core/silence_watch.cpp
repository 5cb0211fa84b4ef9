// Each step asks for what has changed, and a look at all sensors would cost more than the readings: so they are looked
// at when the first could be silent, a second apart at least. A reading only moves its sensor's own time.
#include "common/core/silence_watch.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace sensors {

namespace {

constexpr Millis look_pause{1'000};
constexpr Millis longest_look_pause{600'000};

// So much later than asked for a look comes only when the process stood still: then no sensor was missed.
constexpr Millis stood_still{10'000};

constexpr Millis times_kept_every{3'600'000};

bool differs_by_a_quarter(Millis one, Millis other) { return 4 * std::abs((one - other).count()) > other.count(); }

}  // namespace

// ---- sources ----

SilenceWatch::Source SilenceWatch::source(std::string_view node, std::string_view name) {
  std::string key;
  key.append(node).append(1, '/').append(name);
  const auto known = source_ids_.find(key);
  if (known != source_ids_.end()) return known->second;
  const auto of_node = nodes_.find(node);
  Sensors& sensors = of_node != nodes_.end() ? of_node->second : nodes_[std::string(node)];
  sources_.push_back({std::string(node), std::string(name), &sensors});
  return source_ids_[key] = sources_.size() - 1;
}

template <class Visit>
void SilenceWatch::each_of(Source source, const Visit& visit) {
  for (Sensors::value_type& known : *sources_[source].sensors) {
    if (known.second.source == source) visit(known);
  }
}

void SilenceWatch::stretch(Source source, Millis interval) {
  each_of(source, [&](Sensors::value_type& known) {
    Sensor& sensor = known.second;
    if (sensor.is_stretched) sensor.planned = std::max(sensor.planned, interval);
  });
}

void SilenceWatch::judge(Source source, Judged judged, Now now) {
  SourceState& state = sources_[source];
  const Judged before = std::exchange(state.judged, judged);
  if (before == judged) return;
  ++revision_;
  const Instant paused_at = state.paused_at;
  state.paused_at = now.monotonic;
  each_of(source, [&](Sensors::value_type& known) {
    Sensor& sensor = known.second;
    if (judged == Judged::elsewhere && std::exchange(sensor.silent, false)) unsaved(known);
    if (before == Judged::elsewhere) {
      sensor.counted_from = now.monotonic;
    } else if (before == Judged::paused) {
      const Instant from = std::max(sensor.counted_from, paused_at);
      sensor.counted_from = std::min(now.monotonic, sensor.counted_from + (now.monotonic - from));
    }
    look_by(sensor);
  });
}

// ---- what is heard ----

void SilenceWatch::restore(const std::vector<KnownSensor>& kept,
                           const std::function<Rhythm(const KnownSensor&)>& rhythm, Now now) {
  for (const KnownSensor& known : kept) {
    const Source of = source(known.node, known.source);
    if (known_ >= options_.max_known) ++not_watched_;
    if (known_ >= options_.max_known) continue;
    const auto [place, is_new] = sources_[of].sensors->try_emplace(known.sensor);
    if (!is_new) continue;
    ++known_;
    ++revision_;
    Sensor& sensor = place->second;
    sensor.source = sensor.saved_source = of;
    sensor.counted_from = now.monotonic;
    sensor.last = sensor.saved_last = known.last;
    sensor.saved_interval = known.interval;
    sensor.learned = UsualInterval(known.interval);
    expect(sensor, rhythm(known));
    sensor.silent = known.silent && silent_at(sensor).has_value();
    if (sensor.silent != known.silent) unsaved(*place);
    look_by(sensor);
  }
}

void SilenceWatch::heard(Source source, std::string_view name, WallTime time, const Rhythm& rhythm, Now now) {
  Sensors& sensors = *sources_[source].sensors;
  auto place = sensors.find(name);
  if (place == sensors.end()) {
    if (known_ >= options_.max_known) ++not_watched_;
    if (known_ >= options_.max_known) return;
    ++known_;
    ++revision_;
    place = sensors.try_emplace(std::string(name)).first;
    place->second.saved_source = source;
    unsaved(*place);
  }
  Sensor& sensor = place->second;
  if (rhythm.learns) sensor.learned.came(now.monotonic, time, limit_of(sensor));
  came(*place, source, rhythm, now);
  sensor.last = time;
}

void SilenceWatch::alive(Source source, std::string_view name, const Rhythm& rhythm, Now now) {
  Sensors& sensors = *sources_[source].sensors;
  if (const auto known = sensors.find(name); known != sensors.end()) came(*known, source, rhythm, now);
}

void SilenceWatch::came(Sensors::value_type& known, Source source, const Rhythm& rhythm, Now now) {
  Sensor& sensor = known.second;
  sensor.source = source;
  expect(sensor, rhythm);
  sensor.counted_from = now.monotonic;
  if (sensor.silent) {
    change_.ended.push_back(kept_as(known));
    sensor.silent = false;
    ++revision_;
    urgent(known);
  }
  look_by(sensor);
}

void SilenceWatch::expect(Sensor& sensor, const Rhythm& rhythm) {
  sensor.planned = rhythm.planned;
  sensor.learns = rhythm.learns;
  sensor.is_stretched = rhythm.is_stretched;
  sensor.patience = rhythm.patience;
  sensor.own = rhythm.own;
}

// ---- the verdict ----

Millis SilenceWatch::interval_of(const Sensor& sensor) const {
  if (!sensor.learns) return sensor.planned;
  const std::optional<Millis> learned = sensor.learned.value(options_.floor);
  return learned.has_value() ? std::max(*learned, sensor.planned) : Millis{0};
}

Millis SilenceWatch::limit_of(const Sensor& sensor) const {
  if (sensor.own.has_value()) return *sensor.own;
  return std::max(options_.floor, options_.intervals * interval_of(sensor) + sensor.patience);
}

/// When it is silent if nothing comes of it; nothing where that is never so.
std::optional<Instant> SilenceWatch::silent_at(const Sensor& sensor) const {
  if (options_.floor == Millis{0} || sources_[sensor.source].judged != Judged::here) return std::nullopt;
  if (sensor.own.has_value() ? *sensor.own == Millis{0} : interval_of(sensor) == Millis{0}) return std::nullopt;
  return sensor.counted_from + limit_of(sensor);
}

void SilenceWatch::look_by(const Sensor& sensor) {
  if (sensor.silent) return;
  const std::optional<Instant> at = silent_at(sensor);
  if (at.has_value()) look_at_ = std::min(look_at_.value_or(*at), *at);
}

std::optional<Instant> SilenceWatch::wake_at() const { return look_at_; }

void SilenceWatch::count_anew(Instant from) {
  for (auto& [node, sensors] : nodes_) {
    for (auto& [name, sensor] : sensors) sensor.counted_from = from;
  }
}

SilenceWatch::Change SilenceWatch::take_change(Now now) {
  if (look_at_.has_value() && now.monotonic >= *look_at_) {
    if (now.monotonic > *look_at_ + stood_still) count_anew(now.monotonic);
    look(now);
  }
  return std::exchange(change_, {});
}

void SilenceWatch::look(Now now) {
  Instant next = now.monotonic + longest_look_pause;
  for (auto& [node, sensors] : nodes_) {
    for (Sensors::value_type& known : sensors) {
      Sensor& sensor = known.second;
      note_what_to_keep(known);
      if (sensor.silent) continue;
      const std::optional<Instant> at = silent_at(sensor);
      if (!at.has_value()) continue;
      if (now.monotonic < *at) {
        next = std::min(next, *at);
        continue;
      }
      sensor.silent = true;
      ++revision_;
      change_.began.push_back(kept_as(known));
      urgent(known);
    }
  }
  look_at_ = std::max(next, now.monotonic + look_pause);
}

// ---- what is known ----

KnownSensor SilenceWatch::kept_as(const Sensors::value_type& known) const {
  const Sensor& sensor = known.second;
  const SourceState& source = sources_[sensor.source];
  return {source.node, known.first, source.name, interval_of(sensor), sensor.last, sensor.silent};
}

std::vector<KnownSensor> SilenceWatch::silent() const {
  std::vector<KnownSensor> found;
  for (const auto& [node, sensors] : nodes_) {
    for (const Sensors::value_type& known : sensors) {
      if (known.second.silent) found.push_back(kept_as(known));
    }
  }
  std::sort(found.begin(), found.end(), [](const KnownSensor& a, const KnownSensor& b) {
    return std::tie(a.last, a.node, a.sensor) < std::tie(b.last, b.node, b.sensor);
  });
  return found;
}

std::size_t SilenceWatch::watched() const {
  std::size_t count = 0;
  for (const auto& [node, sensors] : nodes_) {
    count += static_cast<std::size_t>(std::count_if(sensors.begin(), sensors.end(), [this](const auto& known) {
      return sources_[known.second.source].judged != Judged::elsewhere;
    }));
  }
  return count;
}

std::size_t SilenceWatch::silent_count() const {
  std::size_t count = 0;
  for (const auto& [node, sensors] : nodes_) {
    count += static_cast<std::size_t>(
        std::count_if(sensors.begin(), sensors.end(), [](const auto& known) { return known.second.silent; }));
  }
  return count;
}

std::optional<KnownSensor> SilenceWatch::find(std::string_view node, std::string_view sensor) const {
  const auto sensors = nodes_.find(node);
  if (sensors == nodes_.end()) return std::nullopt;
  const auto known = sensors->second.find(sensor);
  if (known == sensors->second.end()) return std::nullopt;
  return kept_as(*known);
}

bool SilenceWatch::forget(std::string_view node, std::string_view sensor) {
  const auto sensors = nodes_.find(node);
  if (sensors == nodes_.end()) return false;
  const auto known = sensors->second.find(sensor);
  if (known == sensors->second.end()) return false;
  forgotten_.push_back(kept_as(*known));
  if (known->second.is_urgent) --urgent_;
  std::erase(unsaved_, &*known);
  sensors->second.erase(known);
  --known_;
  ++revision_;
  return true;
}

std::size_t SilenceWatch::forget(Source source) {
  std::vector<std::string> names;
  each_of(source, [&names](const Sensors::value_type& known) { names.push_back(known.first); });
  for (const std::string& name : names) forget(sources_[source].node, name);
  return names.size();
}

// ---- what is kept ----

void SilenceWatch::unsaved(Sensors::value_type& known) {
  if (!std::exchange(known.second.is_unsaved, true)) unsaved_.push_back(&known);
}

void SilenceWatch::urgent(Sensors::value_type& known) {
  unsaved(known);
  if (!std::exchange(known.second.is_urgent, true)) ++urgent_;
}

void SilenceWatch::note_what_to_keep(Sensors::value_type& known) {
  const Sensor& sensor = known.second;
  const bool has_other_interval = sensor.learns && differs_by_a_quarter(interval_of(sensor), sensor.saved_interval);
  const bool has_other_time = sensor.last - sensor.saved_last >= times_kept_every || sensor.last < sensor.saved_last;
  if (has_other_interval || has_other_time || sensor.source != sensor.saved_source) unsaved(known);
}

KnownSensorChanges SilenceWatch::take_unsaved(std::size_t most) {
  KnownSensorChanges changes;
  changes.forgotten = std::exchange(forgotten_, {});
  while (!unsaved_.empty() && changes.kept.size() < most) {
    Sensors::value_type& known = *unsaved_.back();
    unsaved_.pop_back();
    Sensor& sensor = known.second;
    changes.kept.push_back(kept_as(known));
    sensor.is_unsaved = false;
    if (std::exchange(sensor.is_urgent, false)) --urgent_;
    sensor.saved_interval = changes.kept.back().interval;
    sensor.saved_last = sensor.last;
    sensor.saved_source = sensor.source;
  }
  return changes;
}

void SilenceWatch::not_saved(const KnownSensorChanges& changes) {
  for (const KnownSensor& forgotten : changes.forgotten) {
    if (!find(forgotten.node, forgotten.sensor).has_value()) forgotten_.push_back(forgotten);
  }
  for (const KnownSensor& kept : changes.kept) {
    Sensors& sensors = nodes_[kept.node];
    if (const auto known = sensors.find(kept.sensor); known != sensors.end()) unsaved(*known);
  }
}

void SilenceWatch::all_unsaved() {
  for (auto& [node, sensors] : nodes_) {
    for (Sensors::value_type& known : sensors) unsaved(known);
  }
}

void SilenceWatch::save_times() {
  for (auto& [node, sensors] : nodes_) {
    for (Sensors::value_type& known : sensors) {
      if (known.second.last != known.second.saved_last) unsaved(known);
    }
  }
}

}  // namespace sensors

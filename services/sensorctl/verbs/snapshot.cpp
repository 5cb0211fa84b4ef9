#include "services/sensorctl/verbs/snapshot.hpp"

#include <algorithm>
#include <array>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "common/core/bridge_name.hpp"

namespace sensors::sensorctl {

namespace {

constexpr std::array<const char*, 3> services_of_a_pipeline{"sensor-publisher", "sensor-persistence",
                                                            "sensor-http-bridge"};

/// The entry of `name`; nothing when it is new and there is no room for it.
template <class Value>
Value* entry(std::map<Named, Value>& map, const Named& name, std::size_t most) {
  if (const auto found = map.find(name); found != map.end()) return &found->second;
  return map.size() < most ? &map[name] : nullptr;
}

}  // namespace

bool Snapshot::take(const TopicView& topic, const std::string& payload, Now now, bool retained) {
  const Named name{topic.node, topic.name};
  const bool is_empty = payload.empty();
  if (topic.kind == "status" && !is_empty && !decode_status(payload).has_value()) return false;
  if (topic.kind == "queue" && !is_empty && !decode_queue_depth(payload).has_value()) return false;
  // One for which there is no room is passed over.
  const bool is_taken = watch_.take(topic, payload, now, retained);
  if (topic.kind == "silent") return is_taken;
  if (topic.kind == "reading") return take_reading(name, payload);
  if (topic.kind != "committed") return true;
  const Result<Committed> committed = decode_committed(payload);
  if (!committed.has_value()) return false;
  if (!committed->refused_node.empty()) return true;  // no watermark
  if (Committed* slot = entry(watermarks_, name, most_services)) *slot = *committed;
  return true;
}

void Snapshot::stores_are_silent(std::set<std::string> nodes) {
  watch_.stores_are_silent(nodes);
  silent_stores_ = std::move(nodes);
}

bool Snapshot::take_reading(const Named& name, const std::string& payload) {
  Result<Batch> batch = decoder_.reading(payload);
  if (!batch.has_value()) return false;
  StoredReading row;
  row.node = name.first;
  row.stream = batch->stream;
  row.reading = std::move(batch->readings.front());
  if (StoredReading* slot = entry(readings_, name, most_sensors)) *slot = std::move(row);
  return true;
}

void Snapshot::take(std::vector<StoredReading> readings) {
  has_answer_ = true;
  for (StoredReading& row : readings) {
    const Named name{row.node, row.reading.reading.sensor};
    StoredReading* slot = entry(readings_, name, most_sensors);
    if (slot == nullptr) continue;
    // One that has passed meanwhile may be newer than what the store had then.
    if (slot->node.empty() || slot->reading.reading.time < row.reading.reading.time) *slot = std::move(row);
  }
}

std::vector<std::string> Snapshot::missing_services() const {
  std::vector<std::string> missing;
  for (const char* service : services_of_a_pipeline) {
    const bool is_there = std::any_of(services().begin(), services().end(), [&](const auto& entry) {
      const std::string& name = entry.first.second;
      const bool is_it = is_bridge(service) ? is_bridge(name) : name == service;
      return is_it && entry.second.report() != nullptr;
    });
    if (!is_there) missing.emplace_back(service);
  }
  return missing;
}

}  // namespace sensors::sensorctl

#include "services/sensor-publisher/logic/downstream.hpp"

#include <algorithm>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"

namespace sensors::publisher {

namespace {

constexpr std::size_t max_services = 64;  // more are none of ours

}  // namespace

void Downstream::connected(Instant now) {
  for (auto& [key, service] : services_) service.heard = false;
  if (!services_.empty()) silent_at_ = now + silence;
}

bool Downstream::take(const TopicView& topic, const MqttMessage& message, Instant now) {
  const Key key{topic.name, topic.node};
  if (message.payload.empty()) {
    services_.erase(key);
    return true;
  }
  Service heard;
  heard.alive_at = now;
  if (const auto known = services_.find(key); known != services_.end()) {
    heard = known->second;
  } else if (services_.size() >= max_services) {
    return true;
  }
  if (topic.kind == "queue") {
    const Result<QueueDepth> queue = decode_queue_depth(message.payload);
    if (!queue) return false;
    heard.asks = queue->pressure;
  } else {
    const Result<ServiceState> state = decode_status_state(message.payload);
    const Result<bool> delivers = decode_status_delivers(message.payload);
    if (!state || !delivers) return false;
    heard.down = *state == ServiceState::down;
    heard.is_waited_for = *delivers;
  }
  heard.heard = true;
  heard.away = false;
  // A retained message may be as old as the broker, and that a service is down says the broker for it.
  if (!message.retained && !heard.down) heard.alive_at = now;
  services_.insert_or_assign(key, heard);
  return true;
}

void Downstream::advance(Instant now) {
  if (!silent_at_.has_value() || now < *silent_at_) return;
  silent_at_.reset();
  for (auto& [key, service] : services_) service.away = !service.heard;
}

std::string Downstream::pressure(Instant now) const {
  for (const auto& [key, service] : services_) {
    if (is_left_behind(key, service, now)) continue;
    const auto own = services_.find({key.first, node_});
    const bool has_own = own != services_.end() && !is_left_behind(own->first, own->second, now);
    if (has_own && key.second != node_) continue;
    if (std::string text = complaint(key, service); !text.empty()) return text;
  }
  return {};
}

/// Of an only service of its kind nobody knows that it will not come back.
bool Downstream::is_left_behind(const Key& key, const Service& service, Instant now) const {
  const auto is_long_silent = [now](const Service& one) { return now >= one.alive_at + left_behind_after; };
  if (!is_long_silent(service)) return false;
  return std::any_of(services_.begin(), services_.end(), [&](const auto& other) {
    return other.first.first == key.first && !other.second.down && !is_long_silent(other.second);
  });
}

std::string Downstream::complaint(const Key& key, const Service& service) {
  const std::string who = key.first + " of " + key.second;
  if (!service.is_waited_for) return {};
  if (service.down) return who + " is down";
  if (service.away) return who + " has not come back with the broker";
  if (service.asks) return who + " asks for a slower pace";
  return {};
}

}  // namespace sensors::publisher

#include "services/sensor-publisher/downstream.hpp"

#include "common/codec/control_json.hpp"

namespace sensors::publisher {

namespace {

constexpr std::size_t max_services = 64;  // more are none of ours

}  // namespace

void Downstream::connected(Instant now) {
  for (auto& [key, service] : services_) service.heard = false;
  if (!services_.empty()) silent_at_ = now + silence;
}

bool Downstream::take(const TopicView& topic, std::string_view payload) {
  const Key key{topic.name, topic.node};
  if (payload.empty()) {
    services_.erase(key);
    return true;
  }
  Service heard;
  if (const auto known = services_.find(key); known != services_.end()) {
    heard = known->second;
  } else if (services_.size() >= max_services) {
    return true;
  }
  if (topic.kind == "queue") {
    const Result<QueueDepth> queue = decode_queue_depth(payload);
    if (!queue) return false;
    heard.asks = queue->pressure;
  } else {
    const Result<ServiceState> state = decode_status_state(payload);
    if (!state) return false;
    heard.down = *state == ServiceState::down;
  }
  heard.heard = true;
  heard.away = false;
  services_.insert_or_assign(key, heard);
  return true;
}

void Downstream::advance(Instant now) {
  if (!silent_at_.has_value() || now < *silent_at_) return;
  silent_at_.reset();
  for (auto& [key, service] : services_) service.away = !service.heard;
}

std::string Downstream::pressure() const {
  for (const auto& [key, service] : services_) {
    const bool counts = key.second == node_ || !services_.contains({key.first, node_});
    if (!counts) continue;
    if (std::string text = complaint(key, service); !text.empty()) return text;
  }
  return {};
}

std::string Downstream::complaint(const Key& key, const Service& service) {
  const std::string who = key.first + " of " + key.second;
  if (service.down) return who + " is down";
  if (service.away) return who + " has not come back with the broker";
  if (service.asks) return who + " asks for a slower pace";
  return {};
}

}  // namespace sensors::publisher

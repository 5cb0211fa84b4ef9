#include "services/sensorctl/doctor/status_collector.hpp"

#include <algorithm>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "common/codec/topic.hpp"

namespace sensors::doctor {

namespace {

constexpr std::size_t most_samples = 16;

}  // namespace

StatusCollector::StatusCollector(const std::vector<std::string>& services, Millis interval) : interval_(interval) {
  for (const std::string& name : services) {
    services_.emplace_back();
    services_.back().name = name;
  }
}

void StatusCollector::take(const MqttMessage& message, Millis heard_at) {
  const auto topic = parse_topic(message.topic);
  if (!topic.has_value()) return;
  const auto service = std::find_if(services_.begin(), services_.end(),
                                    [&](const ServiceFacts& one) { return one.name == topic->name; });
  if (service == services_.end()) return;
  if (topic->kind == "status") {
    service->status = decode_status(message.payload);
    if (!message.retained) fresh_at_[service->name] = heard_at;
    service->is_fresh = fresh_at_.contains(service->name);
  }
  if (topic->kind == "queue") take_queue(*service, message, heard_at);
}

void StatusCollector::take_queue(ServiceFacts& service, const MqttMessage& message, Millis heard_at) {
  const Result<QueueDepth> queue = decode_queue_depth(message.payload);
  if (!queue.has_value()) return;
  std::vector<QueueSample>& samples = service.queue;
  // One that was there already was published with the status before this one, at the latest.
  if (!message.retained && samples.size() == 1)
    samples.front().heard_at = std::min(samples.front().heard_at, heard_at - interval_);
  if (samples.size() >= most_samples) samples.erase(samples.begin() + 1);
  samples.push_back({heard_at, *queue});
}

bool StatusCollector::is_complete() const {
  return std::all_of(services_.begin(), services_.end(),
                     [](const ServiceFacts& service) { return service.is_fresh && service.queue.size() > 1; });
}

BrokerFacts StatusCollector::facts(Millis listened) const {
  BrokerFacts facts{services_, listened};
  for (ServiceFacts& service : facts.services) {
    if (const auto at = fresh_at_.find(service.name); at != fresh_at_.end()) service.status_age = listened - at->second;
  }
  return facts;
}

}  // namespace sensors::doctor

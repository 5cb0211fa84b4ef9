#include "services/sensor-http-bridge/delivery/store_call.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/codec/topic.hpp"

namespace sensors::bridge {

std::string reply_topic(const LogicOptions& options) {
  return topic_of(options.root, options.node, "rpc-reply", service_name);
}

std::string control_topic(const LogicOptions& options) {
  return topic_of(options.root, options.node, "control", service_name);
}

std::string status_topic(const LogicOptions& options) {
  return topic_of(options.root, options.node, "status", service_name);
}

std::set<std::string> former_status_topics(const LogicOptions& options) {
  std::set<std::string> topics;
  for (const ServiceRun& run : options.former_runs)
    topics.insert(topic_of(options.root, run.node, "status", service_name));
  return topics;
}

StoreCall::StoreCall(const LogicOptions& options)
    : root_(options.root),
      node_(options.node),
      reply_topic_(reply_topic(options)),
      longest_(options.rpc_deadline),
      run_(options.seed) {}

MqttPublish StoreCall::begin(std::string_view verb, std::string payload, Instant now) {
  ++number_;
  deadline_ = now + longest_;
  MqttPublish request;
  request.id = number_;
  request.topic = topic_of(root_, node_, "rpc", verb);
  request.payload = std::move(payload);
  request.response_topic = reply_topic_;
  request.correlation = correlation();
  return request;
}

bool StoreCall::take_answer(const MqttMessage& message) {
  if (!is_waiting() || message.topic != reply_topic_ || message.correlation != correlation()) return false;
  deadline_.reset();
  return true;
}

bool StoreCall::take_refusal(const MqttPublished& published) {
  if (!is_waiting() || published.id != number_ || published.result.has_value()) return false;
  deadline_.reset();
  return true;
}

bool StoreCall::take_overdue(Instant now) {
  if (!is_waiting() || now < *deadline_) return false;
  deadline_.reset();
  return true;
}

std::string StoreCall::correlation() const { return fmt::format("{:x}-{}", run_, number_); }

}  // namespace sensors::bridge

#include "services/sensor-http-bridge/delivery/own_topics.hpp"

#include "common/codec/topic.hpp"

namespace sensors::bridge {

std::string reply_topic(const DeliveryOptions& options) {
  return topic_of(options.root, options.node, "rpc-reply", options.service);
}

std::string control_topic(const DeliveryOptions& options) {
  return topic_of(options.root, options.node, "control", options.service);
}

std::string status_topic(const DeliveryOptions& options) {
  return topic_of(options.root, options.node, "status", options.service);
}

std::set<std::string> former_status_topics(const DeliveryOptions& options) {
  std::set<std::string> topics;
  for (const ServiceRun& run : options.former_runs)
    topics.insert(topic_of(options.root, run.node, "status", options.service));
  return topics;
}

}  // namespace sensors::bridge

// StatusCollector turns messages of status and queue topics into BrokerFacts. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/core/service_events.hpp"
#include "services/sensorctl/doctor/facts.hpp"

namespace sensors::doctor {

class StatusCollector {
 public:
  /// `interval`: the time between two statuses of a service. A retained queue depth counts as that much older than the
  /// next one.
  StatusCollector(const std::vector<std::string>& services, Millis interval);

  /// `heard_at`: since listening began. Topics of others are ignored.
  void take(const MqttMessage& message, Millis heard_at);

  /// Each service has published status and queue since listening began.
  bool is_complete() const;

  BrokerFacts facts(Millis listened) const;

 private:
  void take_queue(ServiceFacts& service, const MqttMessage& message, Millis heard_at);

  std::vector<ServiceFacts> services_;
  std::map<std::string, Millis> fresh_at_;  // by service: when its newest fresh status was heard
  Millis interval_;
};

}  // namespace sensors::doctor

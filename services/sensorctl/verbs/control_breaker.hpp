// ControlBreaker is `sensorctl breaker`: gives a service an order about its circuit breaker, and waits until the
// service's status shows it done. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "services/sensorctl/verbs/ask_node.hpp"

namespace sensors::sensorctl {

class ControlBreaker : public AskNode {
 public:
  /// `service`: sensor-publisher or sensor-http-bridge, which have a breaker.
  ControlBreaker(BreakerOrder order, std::string service, Session session);

  static std::vector<std::string> filters(const std::string& service, const Session& session);

 private:
  void take(const MqttMessage& message) override;
  void take(const MqttPublished& published) override;
  void ask() override;
  void look() override;
  bool is_done(const BreakerReport& breaker) const;

  const BreakerOrder order_;
  std::map<std::string, ServiceReport, std::less<>> reports_;  // the newest, by node; at most KnownNodes::most
  bool is_taken_ = false;                                      // by the broker
};

}  // namespace sensors::sensorctl

// ControlBreaker is `sensorctl breaker`: gives a service an order about its circuit breaker, and waits until the
// service's status shows it done. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "services/sensorctl/verbs/command.hpp"
#include "services/sensorctl/verbs/node_choice.hpp"
#include "services/sensorctl/verbs/session.hpp"

namespace sensors::sensorctl {

class ControlBreaker : public Command {
 public:
  /// `service`: sensor-publisher or sensor-http-bridge, which have a breaker.
  ControlBreaker(BreakerOrder order, std::string service, Session session);

  static std::vector<std::string> filters(const std::string& service, const Session& session);

 protected:
  void connected() override;
  void take(const MqttMessage& message) override;
  void take(const MqttPublished& published) override;
  std::optional<Instant> next_tick() const override;
  void advance() override;

 private:
  void give_order(const std::string& node);
  bool is_done(const BreakerReport& breaker) const;

  const BreakerOrder order_;
  const std::string service_;
  const Session session_;
  NodeChoice choice_;
  std::map<std::string, ServiceReport, std::less<>> reports_;  // the newest, by node; at most KnownNodes::most
  std::string node_;                                           // of the order; empty: not given yet
  bool is_taken_ = false;                                      // by the broker
  std::optional<Instant> deadline_;
};

}  // namespace sensors::sensorctl

// Alerts is `sensorctl alerts`: lists what sensor-alerts shows, acknowledges one, or tries a channel. What became of an
// order is an event of the service. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/codec/alert_json.hpp"
#include "services/sensorctl/verbs/ask_node.hpp"

namespace sensors::sensorctl {

struct AlertsOptions {
  std::optional<AlertOrder> order;  // nothing: list them
  bool all = false;                 // those that are over, too
  bool json = false;                // one object a line
};

class Alerts : public AskNode {
 public:
  /// So many are kept; what is beyond is not shown.
  static constexpr std::size_t most = 2'000;

  Alerts(AlertsOptions options, Session session);

  static std::vector<std::string> filters(const Session& session);

 private:
  void take(const MqttMessage& message) override;
  void take(const MqttPublished& published) override;
  void ask() override;
  void look() override;
  std::optional<Instant> next_tick() const override;
  Millis patience() const override;
  void take_event(const MqttMessage& message);
  void list();

  const AlertsOptions options_;
  std::map<std::string, Alert, std::less<>> alerts_;  // of the node, by topic
  std::optional<Instant> list_at_;
};

}  // namespace sensors::sensorctl

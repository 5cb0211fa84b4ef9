// AlertBoard remembers the alerts that sensor-alerts shows on its topics, of all machines. Owned by Web. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "common/codec/alert_json.hpp"
#include "common/codec/topic.hpp"
#include "common/core/service_events.hpp"

namespace sensors::bridge {

class AlertBoard {
 public:
  /// Of all machines; what is beyond is passed over.
  static constexpr std::size_t most = 1'000;

  /// What is to be passed on, as JSON: the alert, or {"name":"...","state":"cleared"} of one that is taken off. Nothing
  /// when it was not there, cannot be read, or has no room.
  std::optional<std::string> take(const TopicView& topic, const MqttMessage& message);

  /// {"alerts":[...],"time":"..."}: the open ones first, then the newest.
  std::string answer(WallTime now) const;

  /// By topic.
  const std::map<std::string, Alert, std::less<>>& all() const { return alerts_; }

 private:
  std::map<std::string, Alert, std::less<>> alerts_;
};

}  // namespace sensors::bridge

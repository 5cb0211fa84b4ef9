// AlertBoard remembers the alerts that sensor-alerts shows on its topics, of all machines. Owned by Web. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/codec/alert_json.hpp"
#include "common/codec/topic.hpp"
#include "common/core/service_events.hpp"

namespace sensors::bridge {

class AlertBoard {
 public:
  /// Of all machines; what is beyond is passed over.
  static constexpr std::size_t most = 1'000;

  /// What is not said again so long after a connection is there no more; sensor-alerts may connect later than we do.
  static constexpr Millis settle{60'000};

  /// What is to be passed on, as JSON: the alert, or {"name":"...","state":"cleared"} of one that is taken off. Nothing
  /// when it was not there, cannot be read, or has no room.
  std::optional<std::string> take(const TopicView& topic, const MqttMessage& message);

  /// What was taken off while nobody listened is not said: what the broker keeps comes again.
  void connected(Instant now);
  void disconnected() { settled_at_.reset(); }

  /// What is not there any more since the connection, each as JSON to be passed on. To be called at wake_at().
  std::vector<std::string> take_gone(Instant now);
  std::optional<Instant> wake_at() const { return settled_at_; }

  /// {"alerts":[...],"time":"..."}: the open ones first, then the newest.
  std::string answer(WallTime now) const;

  /// By topic.
  const std::map<std::string, Alert, std::less<>>& all() const { return alerts_; }

 private:
  std::map<std::string, Alert, std::less<>> alerts_;
  std::set<std::string> not_again_;  // topics that were not heard since the connection
  std::optional<Instant> settled_at_;
};

}  // namespace sensors::bridge

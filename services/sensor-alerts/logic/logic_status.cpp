// The part of Logic that says how sensor-alerts is, and which alerts there are.
#include <utility>

#include <fmt/format.h>

#include "common/codec/alert_json.hpp"
#include "services/sensor-alerts/logic/logic.hpp"

namespace sensors::alerts {

std::string Logic::topic_of_alert(const std::string& name) const {
  return topic_of(options_.root, options_.node, "alert", name);
}

/// What was told of it is no news for who looks at the topic.
void Logic::show_alert(const Episode& episode) {
  const auto shown = shown_.find(episode.alert.name);
  if (episode.number == 0 || shown == shown_.end() || !(shown->second == episode.alert)) publish_alert(episode);
}

/// One that is forgotten, which has only a name, is cleared.
void Logic::publish_alert(const Episode& episode) {
  if (!self_.is_connected()) return;
  MqttPublish message;
  message.topic = topic_of_alert(episode.alert.name);
  message.retain = true;
  if (episode.number == 0) {
    shown_.erase(episode.alert.name);
  } else {
    message.payload = encode_alert(episode.alert);
    shown_.insert_or_assign(episode.alert.name, episode.alert);
  }
  effects_.emplace_back(std::move(message));
}

std::string Logic::trouble() const {
  if (!waits_for_disk()) return failure_ + "; alerts go out, and may come twice after a restart";
  for (const auto& [name, channel] : channels_) {
    if (channel.is_failing())
      return fmt::format("channel {} fails, {} messages wait: {}", name, channel.waiting(), channel.reason());
  }
  return self_.trouble();
}

void Logic::update_status() {
  std::string reason = trouble();
  const ServiceState state = reason.empty() ? ServiceState::up : ServiceState::degraded;
  if (reason.empty() && channels_.empty()) reason = "no channel: alerts are shown, and nobody is told";
  if (!self_.update({state, std::move(reason), false}, now_)) return;
  std::uint64_t waiting = 0;
  for (const auto& [name, channel] : channels_) waiting += channel.waiting();
  StatusWriter details;
  describe(details);
  const std::string line = self_.is_connected() ? "" : "degraded: waiting for the broker";
  self_.report(details,
               {.depth = waiting, .high = 1'000, .limit = 0, .oldest_s = 0, .rate_per_s = 0, .pressure = false}, line,
               now_, effects_);
}

void Logic::describe(StatusWriter& status) const {
  self_.describe(now_, status);
  status.add("alerts", episodes_.open());
  StatusWriter& channels = status.in("channels");
  for (const auto& [name, channel] : channels_) channel.describe(now_, channels.in(name));
  StatusWriter& counters = status.in("counters");
  counters.add("alerts_not_told", episodes_.dropped());
  counters.add("sensors_not_judged", rules_.ignored());
  counters.add("unreadable_messages", unreadable_);
  counters.add("heartbeats", beats_);
  counters.add("heartbeats_failed", beats_failed_);
}

}  // namespace sensors::alerts

#include "services/sensor-alerts/logic/witnesses.hpp"

#include <algorithm>

namespace sensors::alerts {

void Witnesses::take(const TopicView& topic, bool is_cleared) {
  verdict::PipelineWatch::Name name{topic.node, topic.name};
  if (!is_cleared) {
    gone_.erase(name);
  } else if (gone_.size() < max_gone) {
    gone_.insert(std::move(name));
  }
}

/// All of it was taken off: a single service that is removed leaves the others, who are heard.
bool Witnesses::is_gone(const std::string& node, const verdict::PipelineWatch& watch) const {
  const auto is_of_node = [&node](const auto& name) { return name.first == node; };
  return std::any_of(gone_.begin(), gone_.end(), is_of_node) &&
         std::none_of(watch.services().begin(), watch.services().end(),
                      [&](const auto& known) { return is_of_node(known.first); });
}

/// An alert names the service that said it, or its machine; a gap and a silent sensor may be of one machine and said by
/// the store of another; a driver is its publisher's, and a destination its store's.
bool Witnesses::can_say(const Alert& alert, const verdict::PipelineWatch& watch, Instant since) const {
  const auto heard = [&](const auto& wanted) {
    return std::any_of(watch.services().begin(), watch.services().end(), [&](const auto& known) {
      const auto& [name, service] = known;
      return service.report() != nullptr && service.status->heard_at >= since && wanted(name);
    });
  };
  const auto is_of_node = [&alert](const auto& name) { return name.first == alert.node; };
  if (alert.kind == "service_missing") return true;  // of what is not heard
  if (alert.kind == "gap") return heard([](const auto& name) { return name.second == verdict::store_service; });
  if (is_gone(alert.node, watch)) return true;
  if (alert.kind == "sensor_silent")
    return heard([&](const auto& name) {
      return name.second == verdict::store_service || (is_of_node(name) && name.second == verdict::publisher_service);
    });
  if (alert.kind == "driver")
    return heard([&](const auto& name) { return is_of_node(name) && name.second == verdict::publisher_service; });
  if (alert.kind == "dead_letters" || alert.kind == "destination_gone")
    return heard([&](const auto& name) { return is_of_node(name) && name.second == verdict::store_service; });
  if (alert.object.empty()) return heard(is_of_node);
  const verdict::PipelineWatch::Name service{alert.node, alert.object};
  return gone_.contains(service) || heard([&](const auto& name) { return name == service; });
}

}  // namespace sensors::alerts

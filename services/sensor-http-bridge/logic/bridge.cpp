#include "services/sensor-http-bridge/logic/bridge.hpp"

#include <algorithm>
#include <utility>

#include "services/sensor-http-bridge/delivery/own_topics.hpp"

namespace sensors::bridge {

std::vector<std::string> subscriptions_of(const DeliveryOptions& options, const std::optional<WebOptions>& web,
                                          const std::optional<DiscoveryOptions>& discovery) {
  std::vector<std::string> filters = {reply_topic(options), control_topic(options)};
  const auto add = [&filters](const std::string& filter) {
    if (std::find(filters.begin(), filters.end(), filter) == filters.end()) filters.push_back(filter);
  };
  if (web.has_value()) {
    for (const std::string& filter : web_subscriptions(*web)) add(filter);
  } else {  // the filters of the web side cover these
    add(status_topic(options));
    for (const std::string& topic : former_status_topics(options)) add(topic);
  }
  if (discovery.has_value()) {
    for (const std::string& filter : discovery_subscriptions(*discovery)) add(filter);
  }
  return filters;
}

Bridge::Bridge(DeliveryOptions options, std::optional<SavedBreaker> saved, const std::optional<WebOptions>& web,
               const std::optional<DiscoveryOptions>& discovery)
    : reply_topic_(reply_topic(options)),
      control_topic_(control_topic(options)),
      status_topic_(status_topic(options)),
      former_status_topics_(former_status_topics(options)),
      delivery_(
          std::move(options), std::move(saved),
          [this](StatusWriter& status) {
            if (discovery_.has_value()) discovery_->describe(status);
          },
          [this] { return web_.has_value() ? web_->trouble() : std::string(); }) {
  if (web.has_value()) web_.emplace(*web);
  if (discovery.has_value()) discovery_.emplace(*discovery);
}

BridgeEffects Bridge::step(BridgeEvent event, Now now) {
  std::visit([this, now](const auto& known) { route(known, now); }, event);
  return std::exchange(effects_, {});
}

std::optional<Instant> Bridge::wake_at() const {
  std::optional<Instant> earliest = delivery_.wake_at();
  for (const std::optional<Instant>& at : {web_.has_value() ? web_->wake_at() : std::nullopt,
                                           discovery_.has_value() ? discovery_->wake_at() : std::nullopt}) {
    if (at.has_value()) earliest = earliest.has_value() ? std::min(*earliest, *at) : *at;
  }
  return earliest;
}

template <class E>
void Bridge::to_delivery(const E& event, Now now) {
  for (Effect& effect : delivery_.step(event, now)) {
    std::visit([this](auto& known) { add(Side::delivery, std::move(known)); }, effect);
  }
}

template <class E>
void Bridge::to_web(const E& event, Now now) {
  if (!web_.has_value()) return;
  for (BridgeEffect& effect : web_->handle(event, now)) add(Side::web, std::move(effect));
}

template <class E>
void Bridge::to_discovery(const E& event, Now now) {
  if (!discovery_.has_value()) return;
  for (BridgeEffect& effect : discovery_->handle(event, now)) add(Side::discovery, std::move(effect));
}

void Bridge::add(Side side, BridgeEffect effect) {
  if (MqttPublish* message = std::get_if<MqttPublish>(&effect); message != nullptr)
    *message = ids_.give(side, std::move(*message));
  effects_.push_back(std::move(effect));
}

/// The side that answers people first: the other one may end the service with this event.
void Bridge::route(const StopRequested& event, Now now) {
  to_web(event, now);
  to_delivery(event, now);
}

void Bridge::route(const MqttPublished& event, Now now) {
  const std::optional<PublishIds<Side>::Answered> answered = ids_.take(event);
  if (!answered.has_value()) return;
  switch (answered->asker) {
    case Side::delivery: return to_delivery(answered->published, now);
    case Side::web: return to_web(answered->published, now);
    case Side::discovery: return to_discovery(answered->published, now);
  }
}

/// The status says at once whether there is a page.
void Bridge::route(const WebListening& event, Now now) {
  to_web(event, now);
  to_delivery(Tick{}, now);
}

/// Each side knows the answers to its own calls; what is no answer and no order is for who watches.
void Bridge::route(const MqttMessage& event, Now now) {
  if (event.topic == control_topic_) return to_delivery(event, now);
  const bool is_for_delivery =
      event.topic == reply_topic_ || event.topic == status_topic_ || former_status_topics_.contains(event.topic);
  if (is_for_delivery) to_delivery(event, now);
  to_web(event, now);
  to_discovery(event, now);
}

}  // namespace sensors::bridge

// Bridge joins the sides of the service under one Event and one Effect: Delivery, which delivers what is stored,
// Web, which answers HTTP requests, and Discovery, which tells Home Assistant of the sensors. They share the connection
// to the broker and nothing else. Owned by the loop thread. Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "services/sensor-http-bridge/delivery/delivery.hpp"
#include "services/sensor-http-bridge/events.hpp"
#include "services/sensor-http-bridge/home_assistant/discovery.hpp"
#include "services/sensor-http-bridge/logic/publish_ids.hpp"
#include "services/sensor-http-bridge/web/web.hpp"

namespace sensors::bridge {

/// What the bridge hears from the broker: answers, orders, and what its sides want, each filter once, since Mosquitto
/// sends a message once for each. To be asked when former names and the homes of writes are known.
std::vector<std::string> subscriptions_of(const DeliveryOptions& options, const std::optional<WebOptions>& web,
                                          const std::optional<DiscoveryOptions>& discovery);

class Bridge {
 public:
  /// `saved`: the breaker of the run before. Without `web` there is no HTTP side, without `discovery` no word to Home
  /// Assistant.
  Bridge(DeliveryOptions options, std::optional<SavedBreaker> saved, const std::optional<WebOptions>& web,
         const std::optional<DiscoveryOptions>& discovery);

  BridgeEffects step(BridgeEvent event, Now now);

  /// When a Tick is wanted.
  std::optional<Instant> wake_at() const;

  /// What should hold after every step and does not; empty when all holds.
  std::string broken_invariant() const { return delivery_.broken_invariant(); }

  const Liveness& liveness() const { return delivery_.liveness(); }
  const CircuitBreaker& breaker() const { return delivery_.breaker(); }

 private:
  enum class Side { delivery, web, discovery };

  template <class E>
  void to_delivery(const E& event, Now now);
  template <class E>
  void to_web(const E& event, Now now);
  template <class E>
  void to_discovery(const E& event, Now now);

  void route(const Tick& event, Now now) { to_all(event, now); }
  void route(const StopRequested& event, Now now);
  void route(const MqttConnected& event, Now now) { to_all(event, now); }
  void route(const MqttDisconnected& event, Now now) { to_all(event, now); }
  void route(const MqttPublished& event, Now now);
  void add(Side side, BridgeEffect effect);
  void route(const MqttMessage& event, Now now);
  void route(const Attempted& event, Now now) { to_delivery(event, now); }
  void route(const WebRequest& event, Now now) { to_web(event, now); }
  void route(const WebGone& event, Now now) { to_web(event, now); }
  void route(const WebListening& event, Now now);
  void route(const WebCertificate& event, Now now) { to_web(event, now); }

  template <class E>
  void to_all(const E& event, Now now) {
    to_web(event, now);
    to_discovery(event, now);
    to_delivery(event, now);
  }

  const std::string reply_topic_;
  const std::string control_topic_;
  const std::string status_topic_;
  const std::set<std::string> former_status_topics_;
  Delivery delivery_;
  std::optional<Web> web_;
  std::optional<Discovery> discovery_;
  PublishIds<Side> ids_;
  BridgeEffects effects_;  // of the step under way
};

}  // namespace sensors::bridge

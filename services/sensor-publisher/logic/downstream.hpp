// Downstream knows what the services behind the broker ask for in their queue and status topics. Where this node has a
// service of its own, that one counts; elsewhere all others of its kind do, since the topics do not say whose store
// keeps our readings. What the broker keeps of a service that was renamed, or moved to another machine, does not count
// once it is that: somebody else does its work, and it has been silent for long. Part of the publisher's Logic. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/codec/topic.hpp"
#include "common/core/service_events.hpp"
#include "common/core/time.hpp"

namespace sensors::publisher {

class Downstream {
 public:
  explicit Downstream(std::string node) : node_(std::move(node)) {}

  /// A new connection. Every service publishes its status when it connects, and the broker keeps it: one that was known
  /// and stays silent for `silence` from here on is away.
  void connected(Instant now);

  /// A message of a `queue` or `status` topic; an empty one takes the service off the list. False when it is malformed.
  bool take(const TopicView& topic, const MqttMessage& message, Instant now);

  void advance(Instant now);
  std::optional<Instant> wake_at() const { return silent_at_; }

  /// Who asks for a slower pace and why: "sensor-http-bridge of kitchen is down"; empty when nobody does.
  std::string pressure(Instant now) const;

  static constexpr Millis silence{60'000};

  /// Longer than the longest `status_interval` of a service.
  static constexpr Millis left_behind_after{900'000};

 private:
  struct Service {
    bool asks = false;  // `pressure` of its queue
    bool down = false;
    bool is_waited_for = true;  // not a bridge without a destination
    bool heard = true;          // since the last connect
    bool away = false;
    Instant alive_at{};  // when it last said itself that it runs, or was first heard of
  };
  using Key = std::pair<std::string, std::string>;  // service, node
  bool is_left_behind(const Key& key, const Service& service, Instant now) const;
  static std::string complaint(const Key& key, const Service& service);

  std::string node_;
  std::map<Key, Service> services_;
  std::optional<Instant> silent_at_;
};

}  // namespace sensors::publisher

// CommonEffects is a service's list of effects as parts of several services see it. They add what every service can
// carry out; each has its own std::variant for the whole. A parameter: it refers to the list, and is not kept. Pure.
#pragma once

#include <utility>
#include <variant>
#include <vector>

#include "common/core/service_events.hpp"

namespace sensors {

class CommonEffects {
 public:
  using Effect = std::variant<LogLine, ServiceStatus, MqttPublish>;

  /// Every list of effects is one, so that a Logic hands in its own. `effects` must outlive this.
  template <class OfService>
  CommonEffects(std::vector<OfService>& effects) : effects_(&effects), add_(&add_to<OfService>) {}

  void push_back(Effect effect) const { add_(effects_, std::move(effect)); }

 private:
  template <class OfService>
  static void add_to(void* effects, Effect effect) {
    const auto add = [effects](auto&& one) {
      static_cast<std::vector<OfService>*>(effects)->emplace_back(std::forward<decltype(one)>(one));
    };
    std::visit(add, std::move(effect));
  }

  void* effects_;
  void (*add_)(void* effects, Effect effect);
};

}  // namespace sensors

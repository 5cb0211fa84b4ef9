// The configuration of the services in one simulation: drawn from the seed, within the ranges that the configuration
// files allow, so that no value is the only one that was ever tried.
#pragma once

#include <string>

#include "services/sensor-http-bridge/delivery/delivery_options.hpp"
#include "services/sensor-http-bridge/web/web_options.hpp"
#include "services/sensor-persistence/logic/logic.hpp"
#include "services/sensor-publisher/logic/logic_options.hpp"
#include "tests/simulation/broker_model.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/service.hpp"

namespace sensors::simulation {

/// The node of broker, store and bridge, and of the first publisher.
inline constexpr const char* main_node = "node-1";
inline constexpr const char* destination = "api";
inline constexpr const char* other_destination = "mirror";  // of the bridge with a name

/// Whether there is a bridge with a name beside the one without, and what it delivers to.
enum class SecondBridge {
  none,
  delivers_elsewhere,  // to a destination and an API of its own
  delivers_the_same,   // somebody has given it the destination of the first
};
SecondBridge second_bridge(Random& random);

publisher::LogicOptions publisher_options(Random& random, const std::string& node);
persistence::LogicOptions persistence_options(Random& random);
bridge::DeliveryOptions bridge_options(Random& random, Millis latency);
bridge::WebOptions web_options(Random& random);
BrokerOptions broker_options(Random& random);
InboxSize inbox_size(Random& random);

}  // namespace sensors::simulation

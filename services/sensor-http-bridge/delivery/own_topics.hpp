// The topics of the bridge's own on the broker; docs/protocol.md. Pure.
#pragma once

#include <set>
#include <string>

#include "services/sensor-http-bridge/delivery/delivery_options.hpp"

namespace sensors::bridge {

/// The topics that answers come back on, and that operators give orders on; the shell subscribes to both.
std::string reply_topic(const DeliveryOptions& options);
std::string control_topic(const DeliveryOptions& options);

/// What this service says of itself, and a namesake too.
std::string status_topic(const DeliveryOptions& options);

/// What it said under other names of this machine.
std::set<std::string> former_status_topics(const DeliveryOptions& options);

}  // namespace sensors::bridge

// How the persistence service connects to the broker: what it subscribes to, its last will, and how what arrives gets
// into the inbox.
#pragma once

#include "common/adapters/mqtt_paho/mqtt_client.hpp"
#include "common/runtime/inbox.hpp"
#include "services/sensor-persistence/config.hpp"
#include "services/sensor-persistence/events.hpp"

namespace sensors::persistence {

/// Fails when the password file cannot be read.
Result<MqttClientOptions> broker_options(const Config& config, WallTime now);

/// `inbox` must outlive the client.
MqttCallbacks broker_callbacks(Inbox<Event>& inbox);

}  // namespace sensors::persistence

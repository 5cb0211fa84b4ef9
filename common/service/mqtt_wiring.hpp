// How a service is connected to the broker: the connection that its configuration describes, and what arrives put into
// its inbox.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/adapters/mqtt_paho/mqtt_client.hpp"
#include "common/core/result.hpp"
#include "common/core/service_events.hpp"
#include "common/runtime/inbox.hpp"
#include "common/runtime/mqtt_config.hpp"

namespace sensors {

/// The connection of [mqtt]; the broker publishes `last_will` when it ends without a word. Fails when the password
/// file cannot be read.
Result<MqttClientOptions> broker_connection(const MqttConfig& config, std::string client_id, MqttPublish last_will);

/// `inbox` must outlive the client. It counts the messages that it refuses as it is full: a call is then one without
/// an answer, a batch one without a watermark, and both are made again; what services say of themselves comes again
/// with the next of it.
template <class Event>
MqttCallbacks callbacks_into(Inbox<Event>& inbox) {
  constexpr std::size_t message_overhead_bytes = 256;
  MqttCallbacks callbacks;
  callbacks.on_connected = [&inbox](MqttConnected event) { inbox.push_control(event); };
  callbacks.on_disconnected = [&inbox](MqttDisconnected event) { inbox.push_control(std::move(event)); };
  callbacks.on_published = [&inbox](std::vector<MqttPublished> events) { inbox.push_control(std::move(events)); };
  callbacks.on_message = [&inbox](MqttMessage event) {
    const std::size_t size_bytes = event.topic.size() + event.payload.size() + message_overhead_bytes;
    inbox.push_data(std::move(event), size_bytes);
  };
  return callbacks;
}

}  // namespace sensors

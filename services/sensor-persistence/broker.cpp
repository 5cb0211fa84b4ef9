#include "services/sensor-persistence/broker.hpp"

#include <utility>

#include "common/codec/topic.hpp"
#include "common/runtime/config_file.hpp"

namespace sensors::persistence {
namespace {

constexpr std::size_t message_overhead_bytes = 256;

}  // namespace

Result<MqttClientOptions> broker_options(const Config& config, WallTime now) {
  const std::string& root = config.logic.root;
  MqttClientOptions options;
  options.host = config.mqtt.host;
  options.port = config.mqtt.port;
  options.client_id = std::string(service_name) + "." + config.logic.node;
  options.user = config.mqtt.user;
  options.ca_file = config.mqtt.ca_file;
  Result<std::string> password = read_mqtt_password(config.mqtt);
  if (!password.has_value()) return tl::unexpected<Error>(password.error());
  options.password = std::move(*password);
  options.subscriptions = {root + "/+/reading/+", root + "/+/backlog/+", root + "/+/clock/+",
                           root + "/" + config.logic.node + "/rpc/+", root + "/+/status/" + service_name};
  options.will_topic = topic_of(root, config.logic.node, "status", service_name);
  options.will_payload = down_status("", config.logic.instance, "the connection to the broker ended", now);
  return options;
}

MqttCallbacks broker_callbacks(Inbox<Event>& inbox) {
  MqttCallbacks callbacks;
  callbacks.on_connected = [&inbox](MqttConnected event) { inbox.push_control(event); };
  callbacks.on_disconnected = [&inbox](MqttDisconnected event) { inbox.push_control(std::move(event)); };
  callbacks.on_published = [&inbox](std::vector<MqttPublished> events) { inbox.push_control(std::move(events)); };
  callbacks.on_message = [&inbox](MqttMessage event) {
    const std::size_t size_bytes = event.topic.size() + event.payload.size() + message_overhead_bytes;
    inbox.push_data(std::move(event), size_bytes);  // one that is refused leaves a hole, and is sent again
  };
  return callbacks;
}

}  // namespace sensors::persistence

#include "common/service/mqtt_wiring.hpp"

namespace sensors {

Result<MqttClientOptions> broker_connection(const MqttConfig& config, std::string client_id, MqttPublish last_will) {
  MqttClientOptions options;
  options.host = config.host;
  options.port = config.port;
  options.client_id = std::move(client_id);
  options.user = config.user;
  TRY_ASSIGN(options.password, read_mqtt_password(config));
  options.ca_file = config.ca_file;
  options.will_topic = std::move(last_will.topic);
  options.will_payload = std::move(last_will.payload);
  return options;
}

}  // namespace sensors

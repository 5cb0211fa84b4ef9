#include "common/runtime/mqtt_config.hpp"

#include "common/runtime/secret.hpp"

namespace sensors {

MqttConfig read_mqtt_config(ConfigTable table, const std::string& default_user) {
  MqttConfig config;
  config.user = default_user;
  table.read("host", config.host);
  table.read("port", config.port, 1, 65'535);
  table.read("user", config.user);
  table.read("password_file", config.password_file);
  table.read("ca_file", config.ca_file);
  table.read_name("root", config.root);
  if (config.host.empty()) table.refuse("host", "must not be empty: name the broker's host, such as \"127.0.0.1\"");
  return config;
}

Result<std::string> read_mqtt_password(const MqttConfig& config) {
  Result<std::string> password = read_secret_or_credential(config.password_file, "mqtt-password");
  if (!password.has_value() && !config.password_file.empty())
    return fail(password.error().code, "[mqtt] password_file: " + password.error().message);
  return password;
}

}  // namespace sensors

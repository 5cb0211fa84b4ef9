// The [mqtt] table, the same in every service: where the broker is and who we are.
#pragma once

#include <string>

#include "common/runtime/config_file.hpp"

namespace sensors {

struct MqttConfig {
  std::string host = "127.0.0.1";
  int port = 11883;
  std::string user;
  std::string password_file;  // empty: systemd's credential mqtt-password, where there is one
  std::string ca_file;
  std::string root = "sensors";  // first level of every topic
};

/// The password; empty: none. Errors of read_secret().
Result<std::string> read_mqtt_password(const MqttConfig& config);

/// Reads the table; `default_user` is the service's own name.
MqttConfig read_mqtt_config(ConfigTable table, const std::string& default_user);

}  // namespace sensors

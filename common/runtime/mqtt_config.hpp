// The [mqtt] table, the same in every service: where the broker is and who we are.
#pragma once

#include <string>

#include "common/runtime/config_file.hpp"

namespace sensors {

struct MqttConfig {
  std::string host = "127.0.0.1";
  int port = 1883;
  std::string user;
  std::string password_file;
  std::string ca_file;
  std::string root = "sensors";  // first level of every topic
};

/// Reads the table; `default_user` is the service's own name.
MqttConfig read_mqtt_config(ConfigTable table, const std::string& default_user);

}  // namespace sensors

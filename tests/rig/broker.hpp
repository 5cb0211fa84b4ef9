// Broker is a Mosquitto of a test's own, with the shipped configuration on a free loopback port.
#pragma once

#include <cstdint>
#include <string>

#include "common/adapters/mqtt_paho/mqtt_client.hpp"
#include "tests/rig/config_text.hpp"
#include "tests/rig/process.hpp"
#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {

class Broker {
 public:
  /// Writes configuration, access rules and passwords into `folder`, which must outlive it. Starts nothing yet. `more`
  /// are lines of mosquitto.conf that count instead of the shipped ones, such as "max_queued_messages 20".
  explicit Broker(const TempDir& folder, const std::string& more = "");

  /// Starts it, again on the same port; returns when it accepts connections.
  void start();

  Process& process() { return process_; }
  std::uint16_t port() const { return port_; }

  std::string password_file(const std::string& user) const;

  /// The [mqtt] table of the service `user`.
  ConfigText mqtt_table(const std::string& user) const;

  /// For a client of a test's own. `user` is one of the access rules, `sensorctl` sees everything and may ask the
  /// store.
  MqttClientOptions client(const std::string& user, const std::string& client_id) const;

  /// The command line with which a person watches what passes.
  std::string watch_command() const;

 private:
  const TempDir& folder_;
  std::uint16_t port_;
  Process process_;
};

}  // namespace sensors::rig

// PahoConnection makes the connection to the broker, one after the other: with deadlines that Paho does not have, and
// with the reason when there is none, where Paho says only "failure".
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/adapters/mqtt_paho/broker_reach.hpp"
#include "common/adapters/mqtt_paho/mqtt_client.hpp"

namespace mqtt {
class async_client;
class connect_options;
class iaction_listener;
class token;
}  // namespace mqtt

namespace sensors {

/// Called on Paho's threads, with its process-wide lock held: they enqueue and return.
struct PahoHandlers {
  std::function<void(std::string reason)> on_lost;
  std::function<void(MqttMessage)> on_message;
};

class PahoConnection {
 public:
  /// Connects nothing yet. `is_stopping` ends every wait early; it is called on the thread that waits.
  PahoConnection(const MqttClientOptions& options, PahoHandlers handlers, std::function<bool()> is_stopping);
  ~PahoConnection();
  PahoConnection(const PahoConnection&) = delete;
  PahoConnection& operator=(const PahoConnection&) = delete;

  /// Connects and subscribes to `filters`. Blocks for at most the connect_timeout for each of: the name server,
  /// CONNACK, each SUBACK; and a second to find out what is wrong. Errors name the broker: unresolved, refused,
  /// timeout, tls, rejected, or disconnected.
  Result<void> open(const std::vector<std::string>& filters);

  /// Sends DISCONNECT where there is a connection, for at most 0.5 s.
  void close();

  /// Hands `message` to Paho, whose threads tell `listener` what becomes of it, with `context`. Throws what Paho
  /// throws.
  void publish(MqttPublish message, void* context, mqtt::iaction_listener& listener);

 private:
  std::string broker_name() const;
  Result<void> check_ca_file() const;
  Result<void> open_session(const std::vector<std::string>& filters);
  mqtt::connect_options connect_options();
  Result<void> await(const std::shared_ptr<mqtt::token>& token, const std::string& what) const;
  Error diagnose(const std::vector<SocketAddress>& addresses, Error error);

  const MqttClientOptions& options_;
  const PahoHandlers handlers_;
  const std::function<bool()> is_stopping_;
  NameResolver resolver_;
  std::mutex tls_mutex_;
  std::string tls_failure_;                     // of the open() under way
  std::unique_ptr<mqtt::async_client> client_;  // last: its callbacks use the members above until it is gone
};

}  // namespace sensors

// Adapters are the bridge's connections to the world: broker, HTTP API, state file, systemd. They put events into the
// inbox from their own threads; apply() carries out one effect, on the loop.
#pragma once

#include <string>

#include "common/adapters/http_client/http_client.hpp"
#include "common/adapters/mqtt_paho/mqtt_client.hpp"
#include "common/adapters/systemd/service_notifier.hpp"
#include "common/runtime/inbox.hpp"
#include "common/runtime/worker.hpp"
#include "services/sensor-http-bridge/config.hpp"
#include "services/sensor-http-bridge/events.hpp"

namespace sensors::bridge {

/// Where the breaker's state is kept.
std::string state_file_of(const Config& config);

class Adapters {
 public:
  /// `config` and `inbox` must outlive this. Connecting starts at once.
  Adapters(const Config& config, const std::string& mqtt_password, Inbox<Event>& inbox);

  void apply(Effect effect);
  ServiceNotifier& notifier() { return notifier_; }

 private:
  void carry_out(const LogLine& line);
  void carry_out(Exit) {}  // the service loop's
  void carry_out(const ServiceStatus& status);
  void carry_out(MqttPublish message);
  void carry_out(HttpPost post);
  void carry_out(SaveBreaker save);

  const Config& config_;
  Inbox<Event>& inbox_;
  ServiceNotifier notifier_;
  Worker worker_;
  HttpClient http_;
  MqttClient mqtt_;
};

}  // namespace sensors::bridge

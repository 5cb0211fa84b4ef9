// Adapters are the bridge's connections to the world: broker, HTTP API, HTTP server, state file, systemd. They put
// events into the inbox from their own threads; apply() carries out one effect, on the loop.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "common/adapters/http_client/http_client.hpp"
#include "common/adapters/http_server/http_server.hpp"
#include "common/adapters/mqtt_paho/mqtt_client.hpp"
#include "common/adapters/systemd/service_notifier.hpp"
#include "common/runtime/event_loop.hpp"
#include "common/runtime/inbox.hpp"
#include "common/runtime/worker.hpp"
#include "services/sensor-http-bridge/config.hpp"
#include "services/sensor-http-bridge/events.hpp"

namespace sensors::bridge {

/// Where the breaker's state is kept.
std::string state_file_of(const Config& config);

/// Where it is kept at which nodes and stores writes were handed in.
std::string write_homes_file_of(const Config& config);

/// Where it is kept under which names the bridge ran.
std::string names_file_of(const Config& config);

class Adapters {
 public:
  /// `config`, `loop` and `inbox` must outlive this. Connecting and listening start at once.
  Adapters(const Config& config, const std::string& mqtt_password, EventLoop& loop, Inbox<BridgeEvent>& inbox);

  void apply(BridgeEffect effect);

  /// Reads again what a file has that may be renewed while this runs: the certificate of the HTTP side.
  void reload();
  ServiceNotifier& notifier() { return notifier_; }

 private:
  void carry_out(const LogLine& line);
  void carry_out(Exit) {}  // the service loop's
  void carry_out(const ServiceStatus& status);
  void carry_out(MqttPublish message);
  void carry_out(HttpPost post);
  void carry_out(SaveBreaker save);
  void carry_out(SaveWriteHomes save);
  void carry_out(WebResponse response) { server_->respond(std::move(response)); }
  void carry_out(WebStreamBegin stream) { server_->begin_stream(std::move(stream)); }
  void carry_out(const WebStreamData& data) { server_->send(data); }
  void carry_out(WebStreamEnd stream) { server_->end_stream(stream); }

  const Config& config_;
  Inbox<BridgeEvent>& inbox_;
  ServiceNotifier notifier_;
  Worker worker_;
  HttpClient http_;
  MqttClient mqtt_;
  std::optional<HttpServer> server_;  // where there is an HTTP side, which alone has effects for it
};

}  // namespace sensors::bridge

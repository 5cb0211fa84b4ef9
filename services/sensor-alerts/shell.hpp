// Shell connects the Logic to the world: the database, the channels, the broker. What comes of its effects goes into
// the inbox as events. It decides nothing. Loop thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/adapters/http_client/http_client.hpp"
#include "common/service/service_shell.hpp"
#include "services/sensor-alerts/config.hpp"
#include "services/sensor-alerts/events.hpp"
#include "services/sensor-alerts/store/alert_worker.hpp"

namespace sensors::alerts {

class Shell : public ServiceShell {
 public:
  /// All must outlive this. The connection starts at once.
  Shell(const Config& config, AlertWorker& store, MqttClientOptions mqtt, Inbox<Event>& inbox);

  using ServiceShell::carry_out;
  void carry_out(AlertWrite write) { store_.apply(std::move(write)); }
  void carry_out(SendMessage send);
  void carry_out(SendBeat beat);

 private:
  const Config& config_;
  AlertWorker& store_;
  Inbox<Event>& inbox_;
  std::map<std::string, std::unique_ptr<Channel>> channels_;
  HttpClient heartbeat_;
};

/// The service, until it ends; its exit code.
int run(Config config);

}  // namespace sensors::alerts

// Shell connects the Logic to the world: effects become jobs for the outbox worker, rounds of drivers and messages to
// the broker; what comes of them goes into the inbox as events. It decides nothing. Loop thread.
#pragma once

#include <memory>
#include <vector>

#include "common/adapters/mqtt_paho/mqtt_client.hpp"
#include "common/adapters/systemd/service_notifier.hpp"
#include "common/runtime/inbox.hpp"
#include "services/sensor-publisher/config.hpp"
#include "services/sensor-publisher/drivers/driver_worker.hpp"
#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/outbox/outbox_worker.hpp"

namespace sensors::publisher {

/// The connection that `config` describes, with this service's subscriptions and last will. Fails when the password
/// file cannot be read.
Result<MqttClientOptions> mqtt_options(const Config& config, const std::string& stream);

/// In the order of `configs`.
Result<std::vector<std::unique_ptr<Driver>>> make_drivers(const std::vector<DriverConfig>& configs);

class Shell {
 public:
  /// `outbox` and `inbox` must outlive this. The connection starts at once.
  Shell(OutboxWorker& outbox, std::vector<std::unique_ptr<Driver>> drivers, const std::vector<DriverConfig>& configs,
        MqttClientOptions mqtt, Inbox<Event>& inbox);

  ~Shell();

  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  void apply(Effect effect, ServiceNotifier& notifier);

 private:
  OutboxWorker& outbox_;
  std::vector<std::unique_ptr<DriverWorker>> drivers_;  // in the order of the Logic's schedules
  MqttClient mqtt_;
};

}  // namespace sensors::publisher

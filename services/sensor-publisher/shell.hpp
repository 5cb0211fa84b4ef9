// Shell connects the Logic to the world: effects become jobs for the outbox worker, rounds of drivers and messages to
// the broker; what comes of them goes into the inbox as events. It decides nothing. Loop thread.
#pragma once

#include <utility>

#include "common/service/service_shell.hpp"
#include "services/sensor-publisher/config.hpp"
#include "services/sensor-publisher/drivers/driver_set.hpp"
#include "services/sensor-publisher/events.hpp"
#include "services/sensor-publisher/outbox/outbox_worker.hpp"

namespace sensors::publisher {

class Shell : public ServiceShell {
 public:
  /// All must outlive this. The connection starts at once.
  Shell(OutboxWorker& outbox, DriverSet& drivers, MqttClientOptions mqtt, Inbox<Event>& inbox)
      : ServiceShell(std::move(mqtt), inbox), outbox_(outbox), drivers_(drivers) {}

  using ServiceShell::carry_out;
  void carry_out(StartRead read) { drivers_.start_read(read.driver, read.room); }
  void carry_out(FinishDriver end) { drivers_.finish(end.driver); }
  void carry_out(OutboxWrite write) { outbox_.apply(std::move(write)); }
  void carry_out(OutboxRead read) { outbox_.apply(read); }
  void carry_out(OutboxScan scan) { outbox_.apply(scan); }
  void carry_out(OutboxOpen open) { outbox_.apply(std::move(open)); }

 private:
  OutboxWorker& outbox_;
  DriverSet& drivers_;
};

/// The service, until it ends; its exit code.
int run(Config config);

}  // namespace sensors::publisher

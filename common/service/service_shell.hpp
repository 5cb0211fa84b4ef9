// ServiceShell carries out the effects that every service has: a line of the log, a word for systemd, a message for the
// broker. A service's own shell derives from it, adds a carry_out() for each effect of its own, and gives both to
// run_loop(); an effect without one does not compile. Loop thread.
#pragma once

#include <utility>

#include "common/adapters/mqtt_paho/mqtt_client.hpp"
#include "common/adapters/systemd/service_notifier.hpp"
#include "common/core/service_events.hpp"
#include "common/runtime/inbox.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/service_loop.hpp"
#include "common/service/mqtt_wiring.hpp"

namespace sensors {

class ServiceShell {
 public:
  /// `inbox` must outlive this. The connection starts at once.
  template <class Event>
  ServiceShell(MqttClientOptions mqtt, Inbox<Event>& inbox) : mqtt_(std::move(mqtt), callbacks_into(inbox)) {}

  void carry_out(const LogLine& line) { log(line.level, line.text); }
  void carry_out(const ServiceStatus& status) { notifier_.status(status.text); }
  void carry_out(MqttPublish message) { mqtt_.publish(std::move(message)); }
  void carry_out(const MqttSubscribe& subscribe) { mqtt_.subscribe(subscribe.filter); }
  void carry_out(MqttReconnect) { mqtt_.reconnect(); }

  ServiceNotifier& notifier() { return notifier_; }

 private:
  ServiceNotifier notifier_;
  MqttClient mqtt_;
};

/// Runs `logic` until it asks for its end, and returns its exit code.
template <class Logic, class Event, class Shell>
int run_loop(EventLoop& loop, Inbox<Event>& inbox, Logic& logic, Shell& shell) {
  ServiceLoop service(loop, inbox, logic, [&shell](auto effect) { shell.carry_out(std::move(effect)); },
                      {ServiceNotifier::watchdog_interval(), [&shell] { shell.notifier().alive(); }});
  const int code = service.run();
  shell.notifier().stopping();
  return code;
}

}  // namespace sensors

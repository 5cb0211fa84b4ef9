#include "services/sensor-publisher/shell.hpp"

#include <random>

#include "common/adapters/sqlite/storage_of_file.hpp"
#include "common/codec/topic.hpp"
#include "common/runtime/event_loop.hpp"
#include "common/runtime/random_id.hpp"
#include "common/service/run_service.hpp"
#include "services/sensor-publisher/logic/logic.hpp"

namespace sensors::publisher {

namespace {

Result<MqttClientOptions> mqtt_options(const Config& config, const std::string& stream) {
  const std::string& root = config.logic.root;
  const std::string& node = config.logic.node;
  MqttPublish last_will = Self::last_will(self_options(config.logic, stream), "connection lost", read_clocks().wall);
  TRY_ASSIGN(MqttClientOptions options,
             broker_connection(config.mqtt, std::string(service_name) + "." + node, std::move(last_will)));
  options.max_inflight = 20;
  for (const char* kind : {"committed", "control", "status"})
    options.subscriptions.push_back(topic_of(root, node, kind, service_name));
  for (const char* kind : {"queue", "status"}) {
    for (const char* service : {"sensor-persistence", "sensor-http-bridge"})
      options.subscriptions.push_back(topic_of(root, "+", kind, service));
  }
  return options;
}

/// Joining the outbox with one that was restored may take longer than systemd waits for a start, on a slow card.
void allow_time_for_a_join(const OutboxFileOptions& outbox) {
  if (awaits_join(outbox.path)) ServiceNotifier::starts_within(longest_join(outbox));
}

}  // namespace

int run(Config config) {
  EventLoop loop;
  loop.on_reload_signal({});
  config.logic.seed = std::random_device{}();
  config.logic.instance = random_id();
  trust_clock(config.clock_trust);
  if (const std::string risk = risk_of_file(config.outbox.path); !risk.empty()) log(LogLevel::warning, risk);
  const std::string stream = random_id();
  Result<MqttClientOptions> mqtt = mqtt_options(config, stream);
  if (!mqtt.has_value()) return refuse_to_start(mqtt.error());
  Inbox<Event> inbox({}, [&loop] { loop.wake(); });
  allow_time_for_a_join(config.outbox);
  OutboxWorker outbox(config.outbox, [&inbox](Event event) { inbox.push_control(std::move(event)); });
  // Without the kernel's id this run stands for a boot of its own: its readings can still be stamped while it lasts.
  Result<OutboxContents> contents = outbox.start(stream, boot_id().empty() ? stream : boot_id(), config.logic.node);
  if (!contents.has_value()) return refuse_to_start(contents.error());
  DriverSet drivers;
  const auto report = [&inbox](std::size_t driver, DriverReport read) {
    inbox.push_control(DriverRead{driver, std::move(read)});
  };
  if (const Result<void> made = drivers.make(config.drivers, report); !made.has_value())
    return refuse_to_start(made.error());
  Logic logic(config.logic, *contents);
  Shell shell(outbox, drivers, std::move(*mqtt), inbox);
  const int code = run_loop(loop, inbox, logic, shell);
  drivers.stop();  // a program has its grace while the connection ends
  return code;
}

}  // namespace sensors::publisher

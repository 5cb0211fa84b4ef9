// sensor-publisher: reads sensors, keeps every reading in the outbox, publishes to the broker until the store has it.
#include <cstdlib>
#include <random>

#include "common/adapters/mqtt_paho/mqtt_client.hpp"
#include "common/adapters/sqlite/storage_of_file.hpp"
#include "common/adapters/systemd/service_notifier.hpp"
#include "common/runtime/command_line.hpp"
#include "common/runtime/event_loop.hpp"
#include "common/runtime/files_check.hpp"
#include "common/runtime/inbox.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/random_id.hpp"
#include "common/runtime/service_loop.hpp"
#include "services/sensor-publisher/config.hpp"
#include "services/sensor-publisher/logic/logic.hpp"
#include "services/sensor-publisher/outbox/outbox_worker.hpp"
#include "services/sensor-publisher/shell.hpp"

namespace {

using namespace sensors;
using namespace sensors::publisher;

/// Joining the outbox with one that was restored may take longer than systemd waits for a start, on a slow card.
void allow_time_for_a_join(const OutboxFileOptions& outbox) {
  if (awaits_join(outbox.path)) ServiceNotifier::starts_within(longest_join(outbox));
}

int run(Config config) {
  EventLoop loop;
  loop.on_reload_signal({});
  config.logic.seed = std::random_device{}();
  config.logic.instance = random_id();
  trust_clock(config.clock_trust);
  if (const std::string risk = risk_of_file(config.outbox.path); !risk.empty()) log(LogLevel::warning, risk);
  const std::string stream = random_stream_id();
  Result<MqttClientOptions> mqtt = mqtt_options(config, stream);
  Result<std::vector<std::unique_ptr<Driver>>> drivers = make_drivers(config.drivers);
  for (const Error* error : {mqtt ? nullptr : &mqtt.error(), drivers ? nullptr : &drivers.error()}) {
    if (error == nullptr) continue;
    log(LogLevel::error, error->message);
    return EXIT_FAILURE;
  }
  allow_time_for_a_join(config.outbox);
  Inbox<Event> inbox({}, [&loop] { loop.wake(); });
  OutboxWorker outbox(config.outbox, [&inbox](Event event) { inbox.push_control(std::move(event)); });
  // Without the kernel's id this run stands for a boot of its own: its readings can still be stamped while it lasts.
  Result<OutboxContents> contents = outbox.start(stream, boot_id().empty() ? stream : boot_id(), config.logic.node);
  if (!contents) {
    log(LogLevel::error, contents.error().message);
    return contents.error().code == ErrorCode::in_use ? exit_in_use : EXIT_FAILURE;
  }
  Logic logic(config.logic, *contents);
  Shell shell(outbox, std::move(*drivers), config.drivers, std::move(*mqtt), inbox);
  ServiceNotifier notifier;
  ServiceLoop<Logic, Event, Effect> service(loop, inbox, logic,
                                            [&](Effect effect) { shell.apply(std::move(effect), notifier); },
                                            {ServiceNotifier::watchdog_interval(), [&notifier] { notifier.alive(); }});
  const int code = service.run();
  notifier.stopping();
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  const CommandLineResult arguments =
      parse_command_line(argc, argv, "sensor-publisher", "Reads sensors and publishes every reading, once.",
                         "/etc/sensor-project/sensor-publisher.toml");
  if (arguments.exit_code.has_value()) return *arguments.exit_code;
  start_log("sensor-publisher", LogLevel::info);
  Result<Config> config = load_config(arguments.command_line.config_file);
  if (!config) {
    log_lines(LogLevel::error, config.error().message);
    return exit_bad_configuration;
  }
  start_log("sensor-publisher", config->log_level);
  if (arguments.command_line.check_config) {
    FilesCheck files(arguments.command_line.config_file);
    files.look_at(config->mqtt);
    files.in_folder("outbox.path", config->outbox.path);
    for (const DriverConfig& driver : config->drivers) check_files(driver, files);
    return tell_checked(files.finish());
  }
  return run(std::move(*config));
}

// sensor-persistence: takes readings from the broker, stores each once, acknowledges what is on the disk, and hands it
// on.
#include <cstdlib>
#include <random>
#include <type_traits>

#include "common/adapters/sqlite/storage_of_file.hpp"
#include "common/adapters/systemd/service_notifier.hpp"
#include "common/runtime/command_line.hpp"
#include "common/runtime/files_check.hpp"
#include "common/runtime/random_id.hpp"
#include "common/runtime/run_file.hpp"
#include "common/runtime/service_loop.hpp"
#include "services/sensor-persistence/broker.hpp"
#include "services/sensor-persistence/store/store.hpp"

namespace {

using namespace sensors;
using namespace sensors::persistence;

constexpr const char* forgets_names = "; after a rename, what this service said under a former name may be shown on";

int run(Config config) {
  EventLoop loop;
  loop.on_reload_signal({});
  trust_clock(config.clock_trust);
  if (const std::string risk = risk_of_file(config.store.path); !risk.empty()) log(LogLevel::warning, risk);
  Inbox<Event> inbox({20'000, 8 * 1024 * 1024}, [&loop] { loop.wake(); });
  config.logic.instance = random_id();
  Result<MqttClientOptions> broker = broker_options(config, read_clocks().wall);
  if (!broker.has_value()) {
    log(LogLevel::error, broker.error().message);
    return EXIT_FAILURE;
  }
  config.logic.health.seed = std::random_device{}();
  Store store(config.store, [&inbox](Event event) { inbox.push_control(std::move(event)); });
  if (const Result<void> owned = store.own(); !owned.has_value() && owned.error().code == ErrorCode::in_use) {
    log(LogLevel::error, owned.error().message);
    return exit_in_use;
  }
  NotedRun noted = note_run(config.store.path + ".names", {config.logic.node, config.logic.instance});
  if (!noted.problem.empty()) log(LogLevel::warning, noted.problem + forgets_names);
  config.logic.former_runs = std::move(noted.former);
  Logic logic(config.logic);
  MqttClient mqtt(std::move(*broker), broker_callbacks(inbox));
  ServiceNotifier notifier;
  const auto apply = [&](Effect effect) {
    std::visit(
        [&](auto& known) {
          using Known = std::decay_t<decltype(known)>;
          if constexpr (std::is_same_v<Known, MqttPublish>)
            mqtt.publish(std::move(known));
          else if constexpr (std::is_same_v<Known, LogLine>)
            log(known.level, known.text);
          else if constexpr (std::is_same_v<Known, ServiceStatus>)
            notifier.status(known.text);
          else if constexpr (!std::is_same_v<Known, Exit>)
            store.apply(std::move(known));
        },
        effect);
  };
  ServiceLoop<Logic, Event, Effect> service(loop, inbox, logic, apply,
                                            {ServiceNotifier::watchdog_interval(), [&notifier] { notifier.alive(); }});
  const int code = service.run();
  notifier.stopping();
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  const CommandLineResult arguments = parse_command_line(argc, argv, service_name, "Stores every reading, once.",
                                                         "/etc/sensor-project/sensor-persistence.toml");
  if (arguments.exit_code.has_value()) return *arguments.exit_code;
  start_log(service_name, LogLevel::info);
  Result<Config> config = load_config(arguments.command_line.config_file);
  if (!config.has_value()) {
    log_lines(LogLevel::error, config.error().message);
    return exit_bad_configuration;
  }
  start_log(service_name, config->log_level);
  if (arguments.command_line.check_config) {
    FilesCheck files(arguments.command_line.config_file);
    files.look_at(config->mqtt);
    files.in_folder("store.path", config->store.path);
    return tell_checked(files.finish());
  }
  return run(std::move(*config));
}

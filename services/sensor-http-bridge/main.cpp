// sensor-http-bridge: takes readings from the store and POSTs them to an HTTP API, each batch until it is confirmed;
// serves a web page and an HTTP API of its own, and tells Home Assistant of the sensors, where that is configured.
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "common/runtime/command_line.hpp"
#include "common/runtime/config_file.hpp"
#include "common/runtime/file_lock.hpp"
#include "common/runtime/files_check.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/run_file.hpp"
#include "common/runtime/service_loop.hpp"
#include "services/sensor-http-bridge/adapters.hpp"
#include "services/sensor-http-bridge/config.hpp"
#include "services/sensor-http-bridge/descriptors.hpp"
#include "services/sensor-http-bridge/logic/bridge.hpp"
#include "services/sensor-http-bridge/state_file.hpp"

namespace {

using namespace sensors;          // NOLINT(google-build-using-namespace): a main has no includers
using namespace sensors::bridge;  // NOLINT(google-build-using-namespace)

int refuse(const Error& error) {
  log_lines(LogLevel::error, error.message);
  return exit_bad_configuration;
}

/// Under which names this machine's bridge ran before.
void note_names(Config& config) {
  NotedRun noted = note_run(names_file_of(config), {config.logic.node, config.logic.instance});
  if (!noted.problem.empty())
    log(LogLevel::warning,
        noted.problem + "; after a rename, what this service said under a former name may be shown on");
  if (config.discovery.has_value()) {
    for (const ServiceRun& run : noted.former) config.discovery->former_nodes.insert(run.node);
  }
  config.logic.former_runs = std::move(noted.former);
}

int run(Config config, const std::string& mqtt_password) {
  FileLock lock(state_file_of(config), service_name);
  if (const Result<void> owned = lock.take(); !owned.has_value()) {
    if (owned.error().code == ErrorCode::in_use) {
      log(LogLevel::error, owned.error().message);
      return exit_in_use;
    }
    log(LogLevel::warning, owned.error().message + "; nothing keeps a second sensor-http-bridge from this folder");
  }
  raise_descriptors();
  note_names(config);
  EventLoop loop;
  Result<std::optional<SavedBreaker>> saved = load_saved_breaker(state_file_of(config));
  if (!saved.has_value()) log(LogLevel::warning, saved.error().message + "; the circuit breaker starts closed");
  if (config.web.has_value()) {
    Result<std::vector<WriteHome>> homes = load_write_homes(write_homes_file_of(config));
    if (!homes.has_value()) {
      log(LogLevel::warning, homes.error().message +
                                 "; a write with a key that was handed in under another node or at "
                                 "another store and comes again may be stored twice");
    } else {
      config.web->write_homes = std::move(*homes);
    }
  }
  Inbox<BridgeEvent> inbox(InboxLimits{}, [&loop] { loop.wake(); });
  Bridge bridge(config.logic, saved.has_value() ? std::move(*saved) : std::nullopt, config.web, config.discovery);
  Adapters adapters(config, mqtt_password, loop, inbox);
  loop.on_reload_signal([&adapters] { adapters.reload(); });
  const WatchdogFeed watchdog{ServiceNotifier::watchdog_interval(), [&adapters] { adapters.notifier().alive(); }};
  ServiceLoop<Bridge, BridgeEvent, BridgeEffect> service(
      loop, inbox, bridge, [&adapters](BridgeEffect e) { adapters.apply(std::move(e)); }, watchdog);
  const int code = service.run();
  adapters.notifier().stopping();
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  const CommandLineResult parsed =
      parse_command_line(argc, argv, service_name, "Delivers stored readings to an HTTP API",
                         "/etc/sensor-project/sensor-http-bridge.toml");
  if (parsed.exit_code.has_value()) return *parsed.exit_code;
  start_log(service_name, LogLevel::info);
  const Result<Config> config = load_config(parsed.command_line.config_file);
  if (!config.has_value()) return refuse(config.error());
  start_log(service_name, config->log_level);
  for (const std::string& warning : config->warnings) log(LogLevel::warning, warning);
  if (parsed.command_line.check_config) {
    FilesCheck files(parsed.command_line.config_file);
    files.look_at(config->mqtt);
    files.readable("destination.ca_file", config->destination.ca_file);
    return tell_checked(files.finish());
  }
  const Result<std::string> mqtt_password = read_mqtt_password(config->mqtt);
  if (!mqtt_password.has_value()) return refuse(mqtt_password.error());
  return run(*config, *mqtt_password);
}

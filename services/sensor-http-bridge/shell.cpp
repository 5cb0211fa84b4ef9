#include "services/sensor-http-bridge/shell.hpp"

#include <utility>

#include "common/runtime/command_line.hpp"
#include "common/runtime/config_file.hpp"
#include "common/runtime/file_lock.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/run_file.hpp"
#include "common/runtime/small_file.hpp"
#include "common/service/run_service.hpp"
#include "services/sensor-http-bridge/descriptors.hpp"
#include "services/sensor-http-bridge/logic/bridge.hpp"
#include "services/sensor-http-bridge/sinks/sinks.hpp"
#include "services/sensor-http-bridge/state_file.hpp"

namespace sensors::bridge {

namespace {

constexpr std::size_t request_overhead_bytes = 256;

/// A request weighs what it holds in memory; for one that is refused the server says so itself.
HttpServerCallbacks server_callbacks(Inbox<BridgeEvent>& inbox) {
  HttpServerCallbacks callbacks;
  callbacks.on_request = [&inbox](WebRequest request) {
    const std::size_t size_bytes = request.body.size() + request.target.size() + request_overhead_bytes;
    return inbox.push_data(std::move(request), size_bytes);
  };
  callbacks.on_gone = [&inbox](WebGone event) { inbox.push_control(event); };
  callbacks.on_listening = [&inbox](WebListening event) { inbox.push_control(std::move(event)); };
  callbacks.on_certificate = [&inbox](WebCertificate event) { inbox.push_control(std::move(event)); };
  return callbacks;
}

/// Where the breaker's state is kept.
std::string state_file_of(const Config& config) { return config.state_directory + "/breaker"; }

/// Where it is kept at which nodes and stores writes were handed in.
std::string write_homes_file_of(const Config& config) { return config.state_directory + "/writes"; }

/// Where it is kept under which names the bridge ran.
std::string names_file_of(const Config& config) { return config.state_directory + "/names"; }

constexpr const char* may_store_twice =
    "; a write with a key that was handed in under another node or at another store and comes again may be stored "
    "twice";

/// Under which names this machine's bridge ran before.
void note_names(Config& config) {
  config.logic.former_runs = former_runs(names_file_of(config), {config.logic.node, config.logic.instance});
  if (!config.discovery.has_value()) return;
  for (const ServiceRun& run : config.logic.former_runs) config.discovery->former_nodes.insert(run.node);
}

std::optional<SavedBreaker> breaker_of_the_run_before(const Config& config) {
  Result<std::optional<SavedBreaker>> saved = load_saved_breaker(state_file_of(config));
  if (saved.has_value()) return std::move(*saved);
  log(LogLevel::warning, saved.error().message + "; the circuit breaker starts closed");
  return std::nullopt;
}

void load_write_homes_of(Config& config) {
  if (!config.web.has_value()) return;
  Result<std::vector<WriteHome>> homes = load_write_homes(write_homes_file_of(config));
  if (homes.has_value())
    config.web->write_homes = std::move(*homes);
  else
    log(LogLevel::warning, homes.error().message + may_store_twice);
}

}  // namespace

Shell::Shell(const Config& config, MqttClientOptions mqtt, EventLoop& loop, Inbox<BridgeEvent>& inbox)
    : ServiceShell(std::move(mqtt), inbox), config_(config), worker_("state-file") {
  if (config.logic.delivers) {
    sink_ = sink_of(config.destination.url).open(config.destination, [&inbox](Attempted attempted) {
      inbox.push_control(std::move(attempted));
    });
  }
  if (config.web.has_value()) server_.emplace(loop, config.server, server_callbacks(inbox));
}

void Shell::reload() {
  if (server_.has_value()) server_->read_certificate_again();
}

void Shell::carry_out(SaveBreaker saved) {
  save(state_file_of(config_), std::move(saved.text), "; after a restart the circuit breaker starts closed");
}

void Shell::carry_out(SaveWriteHomes saved) {
  save(write_homes_file_of(config_), std::move(saved.text), may_store_twice);
}

void Shell::save(std::string path, std::string text, std::string consequence) {
  worker_.post([path = std::move(path), text = std::move(text), consequence = std::move(consequence)] {
    if (const Result<void> saved = replace_file(path, text); !saved.has_value())
      log(LogLevel::warning, saved.error().message + consequence);
  });
}

int run(Config config) {
  if (const Result<void> found = check_state_directory(config.state_directory); !found.has_value()) {
    log_lines(LogLevel::error, "state_directory: " + found.error().message);
    return exit_bad_configuration;
  }
  // Before a file is written: without a password this is tried every 2 s.
  Result<MqttClientOptions> mqtt =
      broker_connection(config.mqtt, config.logic.node + "-" + config.logic.service,
                        Self::last_will(self_options(config.logic), "the connection to the broker ended",
                                        read_clocks().wall, down_details(config.logic)));
  if (!mqtt.has_value()) return refuse_to_start(mqtt.error());
  FileLock lock(state_file_of(config), config.logic.service);
  if (const Result<void> owned = lock.take(); !owned.has_value()) {
    if (owned.error().code == ErrorCode::in_use) return refuse_to_start(owned.error());
    log(LogLevel::warning, owned.error().message + "; nothing keeps a second sensor-http-bridge from this folder");
  }
  raise_descriptors();
  note_names(config);
  load_write_homes_of(config);
  mqtt->subscriptions = subscriptions_of(config.logic, config.web, config.discovery);
  EventLoop loop;
  Inbox<BridgeEvent> inbox(InboxLimits{}, [&loop] { loop.wake(); });
  Bridge bridge(config.logic, breaker_of_the_run_before(config), config.web, config.discovery);
  Shell shell(config, std::move(*mqtt), loop, inbox);
  loop.on_reload_signal([&shell] { shell.reload(); });
  return run_loop(loop, inbox, bridge, shell);
}

}  // namespace sensors::bridge

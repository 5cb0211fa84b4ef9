#include "services/sensor-persistence/shell.hpp"

#include <random>

#include "common/adapters/sqlite/storage_of_file.hpp"
#include "common/codec/topic.hpp"
#include "common/runtime/event_loop.hpp"
#include "common/runtime/random_id.hpp"
#include "common/runtime/run_file.hpp"
#include "common/service/run_service.hpp"

namespace sensors::persistence {
namespace {

constexpr InboxLimits inbox_limits{20'000, 8 * 1024 * 1024};

Result<MqttClientOptions> mqtt_options(const Config& config) {
  const std::string& root = config.logic.root;
  const std::string& node = config.logic.node;
  MqttPublish last_will =
      Self::last_will(self_options(config.logic), "the connection to the broker ended", read_clocks().wall);
  TRY_ASSIGN(MqttClientOptions options,
             broker_connection(config.mqtt, std::string(service_name) + "." + node, std::move(last_will)));
  options.subscriptions = {root + "/+/reading/+",
                           root + "/+/backlog/+",
                           root + "/+/clock/+",
                           root + "/" + node + "/rpc/+",
                           root + "/+/status/" + service_name,
                           root + "/+/status/sensor-publisher",
                           root + "/+/status/sensor-http-bridge",
                           root + "/+/silent/sensor-publisher",
                           topic_of(root, node, "control", service_name)};
  return options;
}

}  // namespace

int run(Config config) {
  EventLoop loop;
  loop.on_reload_signal({});
  trust_clock(config.clock_trust);
  if (const std::string risk = risk_of_file(config.store.path); !risk.empty()) log(LogLevel::warning, risk);
  Inbox<Event> inbox(inbox_limits, [&loop] { loop.wake(); });
  config.logic.instance = random_id();
  config.logic.health.seed = std::random_device{}();
  Result<MqttClientOptions> mqtt = mqtt_options(config);
  if (!mqtt.has_value()) return refuse_to_start(mqtt.error());
  Store store(config.store, [&inbox](Event event) { inbox.push_control(std::move(event)); });
  if (const Result<void> owned = store.own(); !owned.has_value() && owned.error().code == ErrorCode::in_use)
    return refuse_to_start(owned.error());
  config.logic.former_runs = former_runs(config.store.path + ".names", {config.logic.node, config.logic.instance});
  Logic logic(config.logic);
  Shell shell(store, std::move(*mqtt), inbox);
  return run_loop(loop, inbox, logic, shell);
}

}  // namespace sensors::persistence

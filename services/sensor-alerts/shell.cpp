#include "services/sensor-alerts/shell.hpp"

#include <random>

#include "common/runtime/event_loop.hpp"
#include "common/runtime/local_time.hpp"
#include "common/runtime/random_id.hpp"
#include "common/runtime/run_file.hpp"
#include "common/service/run_service.hpp"
#include "services/sensor-alerts/channels/http_channel.hpp"
#include "services/sensor-alerts/logic/logic.hpp"

namespace sensors::alerts {

Shell::Shell(const Config& config, AlertWorker& store, MqttClientOptions mqtt, Inbox<Event>& inbox)
    : ServiceShell(std::move(mqtt), inbox),
      config_(config),
      store_(store),
      inbox_(inbox),
      heartbeat_([&inbox](const HttpOutcome& outcome) {
        inbox.push_control(BeatSent{delivery_of(outcome, read_clocks().wall)});
      }) {
  for (const ChannelConfig& channel : config.channels) {
    channels_.emplace(channel.options.name,
                      open_channel(channel, [&inbox](MessageSent sent) { inbox.push_control(std::move(sent)); }));
  }
}

void Shell::carry_out(SendMessage send) {
  Channel& channel = *channels_.at(send.message.channel);
  channel.send(std::move(send));
}

void Shell::carry_out(SendBeat) {
  Result<std::string> url = url_of(config_.heartbeat);
  if (!url.has_value()) {
    inbox_.push_control(BeatSent{{Delivery::Outcome::unusable, url.error().message, {}}});
    return;
  }
  HttpRequest request;
  request.url = std::move(*url);
  request.is_url_secret = true;
  request.total_timeout = config_.heartbeat.options.timeout;
  heartbeat_.post(std::move(request));
}

int run(Config config) {
  EventLoop loop;
  loop.on_reload_signal({});
  config.logic.seed = std::random_device{}();
  config.logic.instance = random_id();
  config.logic.local_offset = [](WallTime time) { return local_offset(time); };
  Result<MqttClientOptions> mqtt = broker_connection(
      config.mqtt, std::string(service_name) + "." + config.logic.node,
      Self::down_message(self_options(config.logic), "the connection to the broker ended", read_clocks().wall));
  if (!mqtt.has_value()) return refuse_to_start(mqtt.error());
  mqtt->subscriptions = subscriptions_of(config.logic);
  Inbox<Event> inbox({}, [&loop] { loop.wake(); });
  AlertWorker store(config.path, [&inbox](AlertsWritten event) { inbox.push_control(std::move(event)); });
  Result<KnownAlerts> known = store.start();
  if (!known.has_value()) return refuse_to_start(known.error());
  config.logic.former_runs = former_runs(config.path + ".names", {config.logic.node, config.logic.instance});
  Logic logic(config.logic, std::move(*known));
  Shell shell(config, store, std::move(*mqtt), inbox);
  return run_loop(loop, inbox, logic, shell);
}

}  // namespace sensors::alerts

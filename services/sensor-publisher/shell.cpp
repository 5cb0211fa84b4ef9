#include "services/sensor-publisher/shell.hpp"

#include <type_traits>
#include <utility>

#include "common/codec/topic.hpp"
#include "common/runtime/event_loop.hpp"
#include "common/runtime/log.hpp"
#include "services/sensor-publisher/logic/logic.hpp"

namespace sensors::publisher {

namespace {

MqttCallbacks callbacks_into(Inbox<Event>& inbox) {
  MqttCallbacks callbacks;
  callbacks.on_connected = [&inbox](MqttConnected event) { inbox.push_control(event); };
  callbacks.on_disconnected = [&inbox](MqttDisconnected event) { inbox.push_control(std::move(event)); };
  callbacks.on_published = [&inbox](std::vector<MqttPublished> events) { inbox.push_control(std::move(events)); };
  callbacks.on_message = [&inbox](MqttMessage event) {
    const std::size_t size_bytes = event.topic.size() + event.payload.size();
    inbox.push_data(std::move(event), size_bytes);  // a watermark that is refused is repeated by the store
  };
  return callbacks;
}

}  // namespace

Result<MqttClientOptions> mqtt_options(const Config& config, const std::string& stream) {
  MqttClientOptions options;
  options.host = config.mqtt.host;
  options.port = config.mqtt.port;
  options.client_id = std::string(service_name) + "." + config.logic.node;
  options.user = config.mqtt.user;
  options.ca_file = config.mqtt.ca_file;
  options.max_inflight = 20;
  Result<std::string> password = read_mqtt_password(config.mqtt);
  if (!password) return tl::unexpected(password.error());
  options.password = std::move(*password);
  const std::string& root = config.logic.root;
  options.subscriptions = {topic_of(root, config.logic.node, "committed", service_name),
                           topic_of(root, config.logic.node, "control", service_name),
                           topic_of(root, config.logic.node, "status", service_name)};
  for (const char* kind : {"queue", "status"}) {
    for (const char* service : {"sensor-persistence", "sensor-http-bridge"}) {
      options.subscriptions.push_back(topic_of(root, "+", kind, service));
    }
  }
  options.will_topic = topic_of(root, config.logic.node, "status", service_name);
  options.will_payload = Logic::down_status(stream, read_clocks().wall);
  return options;
}

Result<std::vector<std::unique_ptr<Driver>>> make_drivers(const std::vector<DriverConfig>& configs) {
  std::vector<std::unique_ptr<Driver>> drivers;
  for (const DriverConfig& config : configs) {
    Result<std::unique_ptr<Driver>> driver = make_driver(config);
    if (!driver) return tl::unexpected(driver.error());
    drivers.push_back(std::move(*driver));
  }
  return drivers;
}

Shell::Shell(OutboxWorker& outbox, std::vector<std::unique_ptr<Driver>> drivers,
             const std::vector<DriverConfig>& configs, MqttClientOptions mqtt, Inbox<Event>& inbox)
    : outbox_(outbox), mqtt_(std::move(mqtt), callbacks_into(inbox)) {
  for (std::size_t i = 0; i < drivers.size(); ++i) {
    drivers_.push_back(std::make_unique<DriverWorker>(configs[i].name, std::move(drivers[i]), configs[i].deadline,
                                                      [&inbox, i](DriverReport report) {
                                                        inbox.push_control(DriverRead{i, std::move(report)});
                                                      }));
  }
}

/// All drivers end at once: each may have a program that wants its grace.
Shell::~Shell() {
  for (const auto& driver : drivers_) driver->stop();
}

void Shell::apply(Effect effect, ServiceNotifier& notifier) {
  std::visit(
      [&](auto& e) {
        using E = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<E, LogLine>) log(e.level, e.text);
        if constexpr (std::is_same_v<E, ServiceStatus>) notifier.status(e.text);
        if constexpr (std::is_same_v<E, MqttPublish>) mqtt_.publish(std::move(e));
        if constexpr (std::is_same_v<E, MqttReconnect>) mqtt_.reconnect();
        if constexpr (std::is_same_v<E, MqttSubscribe>) mqtt_.subscribe(e.filter);
        if constexpr (std::is_same_v<E, StartRead>) drivers_.at(e.driver)->start_read(e.room);
        if constexpr (std::is_same_v<E, FinishDriver>) drivers_.at(e.driver)->finish();
        if constexpr (std::is_same_v<E, OutboxWrite>) outbox_.apply(std::move(e));
        if constexpr (std::is_same_v<E, OutboxRead> || std::is_same_v<E, OutboxScan>) outbox_.apply(e);
        if constexpr (std::is_same_v<E, OutboxOpen>) outbox_.apply(std::move(e));
      },
      effect);
}

}  // namespace sensors::publisher

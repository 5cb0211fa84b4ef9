// One folder holds everything: NAME.toml, NAME.log, outbox-NODE.db, store.db, api.db and the broker's folder.
#include "tests/rig/rig.hpp"

#include <utility>

#include "tests/rig/programs.hpp"
#include "tests/rig/rig_error.hpp"

namespace sensors::rig {
namespace {

/// `name` below the folder `inner` of `folder`.
std::string path_in(const TempDir& folder, const std::string& inner, const std::string& name) {
  return folder.file(inner.empty() ? name : inner + "/" + name);
}

ConfigText publisher_config(const std::string& outbox_path, const Broker& broker, const std::string& node,
                            const ConfigText& more) {
  ConfigText config = broker.mqtt_table("sensor-publisher");
  config.set_text("", "node", node);
  config.set_text("outbox", "path", outbox_path);
  config.set_text("clock", "trust", "always");  // the kernel of a test machine need not know the time
  return config.set_all(more);
}

ConfigText persistence_config(const Broker& broker, const std::string& store_path, const std::string& node,
                              const ConfigText& more) {
  ConfigText config = broker.mqtt_table("sensor-persistence");
  config.set_text("", "node", node);
  config.set_text("store", "path", store_path);
  config.set_text("clock", "trust", "always");
  config.set_text("[destination]", "name", "api");
  return config.set_all(more);
}

ConfigText bridge_config(const TempDir& folder, const Broker& broker, const ApiProcess& api, const std::string& node,
                         const ConfigText& more) {
  ConfigText config = broker.mqtt_table("sensor-http-bridge");
  config.set_text("", "node", node);
  config.set_text("", "state_directory", folder.path());
  config.set_text("destination", "url", api.url());
  config.set_text("destination", "token_file", api.token_file());
  return config.set_all(more);
}

}  // namespace

Publisher::Publisher(const TempDir& folder, const Options& options, NodeOptions node, std::string outbox_path)
    : Service(folder, options), base_(options.config), node_(std::move(node)), outbox_path_(std::move(outbox_path)) {}

void Publisher::start() {
  config() = base_;
  config().set_all(node_.drivers);
  Service::start();
}

void Publisher::start_without_drivers() {
  config() = base_;
  Service::start();
}

void Publisher::rename(const std::string& node) {
  base_.set_text("", "node", node);
  node_.node = node;
}

Rig::Rig(const TempDir& folder, RigOptions options)
    : folder_(folder),
      store_node_(options.nodes.at(0).node),
      store_path_(path_in(folder, options.store_folder, "store.db")),
      broker_(folder, options.broker),
      api_(folder),
      persistence_(folder,
                   {"sensor-persistence", "sensor-persistence",
                    persistence_config(broker_, store_path_, store_node_, options.persistence), options.environment}),
      bridge_(folder, {"sensor-http-bridge", "sensor-http-bridge",
                       bridge_config(folder, broker_, api_, store_node_, options.bridge), options.environment}) {
  for (const NodeOptions& node : options.nodes) {
    const std::string outbox = path_in(folder, options.outbox_folder, "outbox-" + node.node + ".db");
    const Service::Options service{"sensor-publisher", "sensor-publisher-" + node.node,
                                   publisher_config(outbox, broker_, node.node, options.publisher),
                                   options.environment};
    publishers_.push_back(std::make_unique<Publisher>(folder, service, node, outbox));
  }
}

void Rig::start_all() {
  api_.start();
  broker_.start();
  persistence_.start();
  bridge_.start();
  for (const auto& publisher : publishers_) publisher->start();
}

void Rig::rename_store(const std::string& node) {
  persistence_.config().set_text("", "node", node);
  bridge_.config().set_text("", "node", node);
  store_node_ = node;
}

std::unique_ptr<MqttProbe> Rig::probe(const std::vector<std::string>& filters) {
  MqttClientOptions options = broker_.client("sensorctl", "test-probe");
  options.subscriptions = filters;
  return std::make_unique<MqttProbe>(std::move(options), Millis{30'000});
}

std::uint64_t Rig::taken() const {
  std::uint64_t taken = 0;
  for (const auto& publisher : publishers_) {
    const OutboxReader outbox = publisher->outbox();
    if (outbox.exists()) taken += outbox.taken();
  }
  return taken;
}

Rig::Progress Rig::progress() const {
  Progress progress;
  progress.taken = taken();
  for (const auto& publisher : publishers_) {
    const OutboxReader outbox = publisher->outbox();
    if (outbox.exists()) progress.in_outbox += outbox.waiting();
  }
  if (store().exists()) {
    progress.stored = store().readings();
    progress.gaps = store().gaps();
  }
  progress.delivered = api_.delivered();
  return progress;
}

void Rig::stop_production() {
  for (const auto& publisher : publishers_) {
    if (!publisher->process().running()) continue;
    const std::optional<int> code = publisher->stop();
    if (code != 0) throw RigError(publisher->name() + ": did not end well on SIGTERM\n" + folder_.log_tails());
  }
  for (const auto& publisher : publishers_) publisher->start_without_drivers();
}

bool Rig::drains_within(Millis deadline) const {
  return comes_true(deadline, [this] { return progress().drained(); });
}

ConfigText replay_driver(const std::string& name, const std::string& csv, const std::string& interval, int step) {
  const std::string table = "driver." + name;
  ConfigText config;
  config.set_text(table, "type", "replay");
  config.set_text(table, "file", csv);
  config.set_text(table, "time_column", "date");
  config.set_text(table, "interval", interval);
  config.set_text(table, "pace", "step");
  config.set(table, "rows_per_step", std::to_string(step));
  config.set(table, "repeat", "0");
  return config;
}

ConfigText weather_driver(const std::string& interval, int rows) {
  return replay_driver("weather", shared_path("seattle-weather-hourly.csv"), interval, rows);
}

RigOptions live_weather(const std::string& interval, int rows) {
  RigOptions options;
  options.nodes = {{"node-1", weather_driver(interval, rows)}};
  options.nodes[0].drivers.set_text("driver.weather", "stamp", "now");
  options.publisher.set("pace", "steps", R"(["10s"])");
  return options;
}

}  // namespace sensors::rig

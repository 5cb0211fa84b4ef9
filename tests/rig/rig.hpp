// Rig is the whole pipeline on one machine for one test: Mosquitto, a publisher a node, one store, one bridge and the
// reference API, all in a folder of its own. What it starts ends with it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/rig/api_process.hpp"
#include "tests/rig/broker.hpp"
#include "tests/rig/config_text.hpp"
#include "tests/rig/databases.hpp"
#include "tests/rig/mqtt_probe.hpp"
#include "tests/rig/service.hpp"
#include "tests/rig/temp_dir.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {

struct NodeOptions {
  std::string node = "node-1";
  ConfigText drivers;  // tables [driver.NAME]
};

struct RigOptions {
  std::vector<NodeOptions> nodes{NodeOptions{}};

  /// Set over what the rig sets itself; see services/*/*.toml.
  ConfigText publisher;
  ConfigText persistence;
  ConfigText bridge;
  std::vector<std::string> environment;  // "NAME=value" for every service

  std::string broker;  // lines of mosquitto.conf, over the shipped ones

  /// Folders of the databases, below the rig's own; they must be there. Empty: the rig's own.
  std::string outbox_folder;
  std::string store_folder;

  /// The bridge serves HTTP on `port` of this machine; who has no token has the scopes `anonymous`, a TOML array.
  void serve_http(std::uint16_t port, const std::string& anonymous = R"(["read", "write"])") {
    bridge.set_text("http", "listen", "127.0.0.1:" + std::to_string(port));
    bridge.set("http", "anonymous", anonymous);
  }
};

/// One publisher with its outbox.
class Publisher : public Service {
 public:
  Publisher(const TempDir& folder, const Options& options, NodeOptions node, std::string outbox_path);

  /// start() reads the sensors; start_without_drivers() only sends what the outbox holds.
  void start();
  void start_without_drivers();

  const std::string& node() const { return node_.node; }

  /// From the next start on.
  void rename(const std::string& node);

  OutboxReader outbox() const { return OutboxReader(outbox_path_); }
  const std::string& outbox_path() const { return outbox_path_; }

 private:
  ConfigText base_;
  NodeOptions node_;
  std::string outbox_path_;
};

class Rig {
 public:
  /// Writes everything that is needed and starts nothing. The folder must outlive the rig.
  Rig(const TempDir& folder, RigOptions options);

  /// Starts API, broker, persistence, bridge and publishers, in that order.
  void start_all();

  const TempDir& folder() const { return folder_; }
  Broker& broker() { return broker_; }
  ApiProcess& api() { return api_; }
  const ApiProcess& api() const { return api_; }
  Service& persistence() { return persistence_; }
  Service& bridge() { return bridge_; }
  Publisher& publisher(std::size_t node = 0) { return *publishers_.at(node); }
  const Publisher& publisher(std::size_t node = 0) const { return *publishers_.at(node); }
  std::size_t nodes() const { return publishers_.size(); }

  StoreReader store() const { return StoreReader(store_path_); }
  const std::string& store_path() const { return store_path_; }

  /// The node of the store, which stands in its status and rpc topics.
  const std::string& store_node() const { return store_node_; }

  /// From the next start of store and bridge on.
  void rename_store(const std::string& node);

  /// A client that sees what `filters` ask for and may ask the store. One at a time in a process.
  std::unique_ptr<MqttProbe> probe(const std::vector<std::string>& filters = {"sensors/#"});

  /// Waits; on failure the error holds the tails of all logs.
  void wait_until(const std::string& what, Millis deadline, const std::function<bool()>& condition) const {
    rig::wait_until(what, deadline, folder_, condition);
  }

  /// Readings that are durable in the outboxes, or were. Alone, for while another part is frozen: it may hold a lock of
  /// its database.
  std::uint64_t taken() const;

  /// How far everything is: sums over all outboxes, the store, the API.
  struct Progress {
    std::uint64_t taken = 0;
    std::uint64_t in_outbox = 0;
    std::uint64_t stored = 0;
    std::uint64_t gaps = 0;  // gap records in the store
    std::uint64_t delivered = 0;
    bool drained() const { return in_outbox == 0 && stored >= taken && delivered >= stored; }
  };
  Progress progress() const;

  /// Ends the production: publishers end by SIGTERM and come back without drivers, to empty their outboxes.
  void stop_production();

  /// Whether everything that was taken is stored and delivered before `deadline`.
  bool drains_within(Millis deadline) const;

 private:
  const TempDir& folder_;
  std::string store_node_;
  std::string store_path_;
  Broker broker_;
  ApiProcess api_;
  std::vector<std::unique_ptr<Publisher>> publishers_;
  Service persistence_;
  Service bridge_;
};

/// A table [driver.NAME] that replays `csv`, whose time column is `date`; `step` rows every `interval`, for ever.
ConfigText replay_driver(const std::string& name, const std::string& csv, const std::string& interval, int step);

/// A table [driver.weather] that replays a year of weather, each hour of it a row; as replay_driver().
ConfigText weather_driver(const std::string& interval, int rows);

/// The node "node-1", which takes `rows` rows of weather every `interval` and gives each reading the time of its
/// reading. Its pace has one step, so that nothing slows it down.
RigOptions live_weather(const std::string& interval, int rows);

}  // namespace sensors::rig

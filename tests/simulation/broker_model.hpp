// BrokerModel is a Mosquitto as docs/architecture.md fears it: nothing on disk, PUBACK at once, drops behind a full
// queue with success, retained messages and last wills, links on which nothing passes though both sides think they are
// up. It reorders nothing. MqttLink is one service's client, as MqttClient in common/adapters/mqtt_paho behaves.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/core/service_events.hpp"
#include "tests/simulation/world.hpp"

namespace sensors::simulation {

class MqttLink;

struct MqttLinkOptions {
  std::string client_id;
  std::vector<std::string> subscriptions;
  std::string will_topic;
  std::string will_payload;
};

/// As MqttCallbacks; called on the one thread there is.
struct MqttLinkCallbacks {
  std::function<void()> on_connected;
  std::function<void(std::string)> on_disconnected;
  std::function<void(MqttPublished)> on_published;
  std::function<void(const MqttMessage&)> on_message;
  std::function<bool()> is_frozen;
};

struct BrokerOptions {
  std::size_t max_inflight = 20;
  std::size_t max_queued = 1'000;
  Millis latency_least{0};
  Millis latency_most{3};
};

class BrokerModel {
 public:
  BrokerModel(World& world, BrokerOptions options) : world_(world), options_(options) {}

  // ---- faults ----

  /// Everything that it knows is gone. With a power cut no client is told.
  void end(bool by_power_cut, Millis restart_after);

  /// Readings and batches are refused with a reason code >= 0x80, some or all of them, for so long.
  void refuse_data(double share, Millis time);

  /// Each connection that is made is closed a moment later, for so long.
  void cut_new_links(Millis time);

  /// Nothing passes between the broker and this client for so long.
  void hold_link(const std::string& client_id, Millis time);

  /// The connection of this client is reset.
  void reset_link(const std::string& client_id);

  /// All links are well, the broker is up.
  void heal();

  bool is_up() const { return up_; }
  Millis latency_most() const { return options_.latency_most; }

  /// What it keeps, by topic; an empty payload clears.
  const std::map<std::string, std::shared_ptr<const MqttMessage>>& retained() const { return retained_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  friend class MqttLink;

  using Shared = std::shared_ptr<const MqttMessage>;
  struct Packet {
    enum class Kind { publish, puback, disconnect } kind;
    Instant due;
    std::uint64_t id = 0;
    Result<void> result;
    Shared message;
    bool retain = false;
  };
  struct Pipe {
    std::deque<Packet> packets;
    bool armed = false;
  };
  struct Connection {
    MqttLink* client = nullptr;  // nullptr: that side has closed
    bool open_at_broker = true;
    MqttLinkOptions options;
    Pipe up;
    Pipe down;
    std::deque<Shared> queue;  // waits for room in flight
    std::size_t in_flight = 0;
  };
  using ConnectionPtr = std::shared_ptr<Connection>;

  enum class Attempt { accepted, refused, no_answer };
  Attempt connect(MqttLink& client, const MqttLinkOptions& options, ConnectionPtr& made);
  void send(const ConnectionPtr& connection, bool up, Packet packet);
  void arm(const ConnectionPtr& connection, bool up);
  void pump(const ConnectionPtr& connection, bool up);
  void arrive(const ConnectionPtr& connection, Packet packet);
  void route(const Shared& message, bool retain);
  void deliver(const ConnectionPtr& connection, const Shared& message);
  void transmit(const ConnectionPtr& connection, Shared message);
  void close_session(const ConnectionPtr& connection, bool with_will, const std::string& why);
  void client_left(const ConnectionPtr& connection, bool silently);
  Instant held_until(const std::string& client_id) const;
  Millis latency() { return world_.random.between(options_.latency_least, options_.latency_most); }
  static bool is_data(const std::string& topic);

  World& world_;
  BrokerOptions options_;
  bool up_ = true;
  bool answers_when_down_ = true;  // the machine is there and refuses connections
  std::uint64_t run_ = 1;
  std::vector<ConnectionPtr> sessions_;
  std::map<std::string, Shared> retained_;
  std::map<std::string, Instant> held_until_;  // by client id
  double refused_share_ = 0;
  Instant refuses_until_{};
  Instant cuts_until_{};
  std::uint64_t dropped_ = 0;
};

class MqttLink {
 public:
  /// Connects from the start, for ever. `after` of a service guards its callbacks.
  MqttLink(World& world, BrokerModel& broker, MqttLinkOptions options, MqttLinkCallbacks callbacks);

  /// The process is gone.
  ~MqttLink();
  MqttLink(const MqttLink&) = delete;
  MqttLink& operator=(const MqttLink&) = delete;

  void publish(MqttPublish message);

  /// At every connect from now on.
  void subscribe(std::string filter) { options_.subscriptions.push_back(std::move(filter)); }

  /// Sends what is queued and disconnects in good order.
  void leave();

  /// The machine is gone: nobody is told.
  void vanish();

  void unfrozen();

  bool is_connected() const { return connection_ != nullptr; }

 private:
  friend class BrokerModel;

  void try_to_connect();
  void connect_failed(const std::string& why);
  void lost(const std::string& why);
  void send_more();
  void arrive(BrokerModel::Packet packet);
  template <class Action>
  void later(Millis delay, Action action);

  World& world_;
  BrokerModel& broker_;
  MqttLinkOptions options_;
  MqttLinkCallbacks callbacks_;
  BrokerModel::ConnectionPtr connection_;
  std::deque<MqttPublish> queue_;
  std::deque<std::uint64_t> in_flight_;
  Millis reconnect_wait_{250};
  std::string lost_while_frozen_;
  std::shared_ptr<bool> alive_ =
      std::make_shared<bool>(true);  // also held by what is scheduled, to see that we are gone
};

}  // namespace sensors::simulation

// Discovery decides what Home Assistant is told of the sensors whose live readings pass over the broker: which, when,
// again after its restart, and when they are taken back. Owned by Bridge, on the loop thread. Pure: a function of its
// state, one event and the time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/codec/discovery_json.hpp"
#include "common/codec/reading_json.hpp"
#include "common/codec/status_writer.hpp"
#include "common/codec/topic.hpp"
#include "common/core/log_throttle.hpp"
#include "services/sensor-http-bridge/events.hpp"

namespace sensors::bridge {

struct DiscoveryOptions {
  std::string root = "sensors";

  /// Announces nothing, and takes back what is there of an earlier run.
  bool is_removing = false;

  /// Home Assistant's, of its MQTT integration: where it looks, and how it says that it is there.
  std::string prefix = "homeassistant";
  std::string birth_topic = "homeassistant/status";
  std::string birth_payload = "online";

  /// A sensor that was not heard for so long, while there was a broker, is gone for good.
  Millis forget_after{std::chrono::hours{24 * 30}};

  /// After so long without a reading a number is unavailable; longer for a sensor that twice in a row took longer than
  /// a third of it. 0 (never) .. 365 d.
  Millis expire_after{std::chrono::hours{1}};

  /// Globs of sensors whose numbers stay, as they only speak when something happens.
  std::vector<std::string> keep_last;

  /// Names that this machine had before. Where nobody has spoken live under one of them for 10 min, its sensors are
  /// gone for good, as they have another name now.
  std::set<std::string, std::less<>> former_nodes;

  /// Sensors announced at one time, of all nodes.
  std::size_t max_sensors = 1'000;
};

/// Topic filters of what it needs to hear.
std::vector<std::string> discovery_subscriptions(const DiscoveryOptions& options);

class Discovery {
 public:
  struct Counters {
    std::uint64_t announced = 0;     // messages that tell of a sensor, handed to the broker
    std::uint64_t removed = 0;       // sensors taken back
    std::uint64_t refused = 0;       // messages that the broker did not take, which come again, or without a place
    std::uint64_t beyond_limit = 0;  // readings of sensors that there was no room for
    std::uint64_t malformed = 0;     // readings and configurations that could not be read
  };

  explicit Discovery(DiscoveryOptions options) : options_(std::move(options)) {}

  BridgeEffects handle(const Tick&, Now now);
  BridgeEffects handle(const MqttConnected&, Now now);
  BridgeEffects handle(const MqttDisconnected&, Now now);
  BridgeEffects handle(const MqttPublished& published, Now now);

  /// Live readings, Home Assistant's birth, and the retained announcements of earlier runs; others change nothing.
  BridgeEffects handle(const MqttMessage& message, Now now);

  /// When a Tick is wanted.
  std::optional<Instant> wake_at() const;

  std::size_t sensors() const { return sensors_.size(); }
  const Counters& counters() const { return counters_; }

  void describe(StatusWriter& status) const;

 private:
  struct Sensor {
    DiscoveryConfig config;
    Instant heard_at{};
    Millis interval{0};         // between the last two readings, as far as they were heard
    Instant read_at{};          // when a reading of it was last looked into
    Instant changed_at{};       // when its config last changed
    bool is_waiting = false;    // to be announced
    bool is_known = false;      // by a reading, not only by what an earlier run said
    bool is_announced = false;  // now, or by an earlier run
  };
  struct Outgoing {
    std::string state_topic;  // of the sensor
    std::string taken_back;   // the topic of an announcement that is to go; empty: the sensor is announced
  };

  void take_reading(const MqttMessage& message, const TopicView& topic);
  void learn(Sensor& sensor, const Reading& reading);
  void note_interval(const std::string& state_topic, Sensor& sensor);
  void describe(DiscoveryConfig& config, const Reading& reading) const;
  void take_announcement(const MqttMessage& message);
  void announce(const std::string& state_topic, Sensor& sensor);
  void announce_all();
  void take_back(std::string state_topic, std::string topic);
  bool is_in_use(const Outgoing& outgoing) const;
  Millis forget_after(const Sensor& sensor) const;
  Millis look_interval() const;
  void forget_silent();
  void refused(Outgoing outgoing, const Error& error);
  void say(LogLevel level, const std::string& text);
  BridgeEffects advance();
  void send(Outgoing outgoing);
  bool is_announcement(std::string_view topic) const;

  const DiscoveryOptions options_;
  std::unordered_map<std::string, Sensor> sensors_;  // by the topic of their readings
  std::deque<Outgoing> waiting_;
  std::map<std::uint64_t, Outgoing> in_flight_;
  ReadingDecoder decoder_;
  LogThrottle throttle_{1, Millis{600'000}};
  Counters counters_;
  std::uint64_t last_id_ = 0;
  Instant send_at_{};                               // nothing before
  std::optional<Instant> look_at_;                  // for sensors that are gone
  std::map<std::string, Instant> former_heard_at_;  // former names under which somebody speaks
  bool is_connected_ = false;

  Now now_{};              // of the step under way
  BridgeEffects effects_;  // of the step under way
};

}  // namespace sensors::bridge

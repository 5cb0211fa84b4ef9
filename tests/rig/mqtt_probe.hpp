// MqttProbe is a client of a test's own: it keeps what it receives, publishes what it is told, and asks the store.
// Built on the services' own MqttClient, so one probe a process (see mqtt_client.hpp). Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/adapters/mqtt_paho/mqtt_client.hpp"
#include "common/core/service_events.hpp"

namespace sensors::rig {

class MqttProbe {
 public:
  /// Connects and subscribes; RigError when that takes longer than `deadline`.
  MqttProbe(MqttClientOptions options, Millis deadline);

  /// What has come so far, oldest first.
  std::vector<MqttMessage> messages() const;

  /// The same, and forgets them; the newest of each topic stays.
  std::vector<MqttMessage> take_messages();

  /// The newest message of `topic`.
  std::optional<MqttMessage> last(const std::string& topic) const;

  /// Waits for a message, also one that has come already, that `wanted` accepts; nothing after `deadline`.
  std::optional<MqttMessage> wait_for(Millis deadline, const std::function<bool(const MqttMessage&)>& wanted) const;

  /// Waits until `topic`'s newest message is one that `wanted` accepts.
  std::optional<MqttMessage> wait_for_last(const std::string& topic, Millis deadline,
                                           const std::function<bool(const MqttMessage&)>& wanted) const;

  void forget();

  /// The broker's answer; ErrorCode::timeout after 10 s.
  Result<void> publish(const std::string& topic, const std::string& payload, bool retain = false);

  /// One request of docs/protocol.md, "rpc", to `topic`, with `response_topic`, which must be among the subscriptions.
  Result<std::string> request(const std::string& topic, const std::string& payload, const std::string& response_topic,
                              Millis deadline);

  bool connected() const;

 private:
  void store(MqttMessage message);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<MqttMessage> messages_;
  std::map<std::string, MqttMessage> newest_;
  std::map<std::uint64_t, Result<void>> published_;
  bool connected_ = false;
  std::uint64_t next_id_ = 1;
  std::unique_ptr<MqttClient> client_;  // last: its callbacks use the members above
};

}  // namespace sensors::rig

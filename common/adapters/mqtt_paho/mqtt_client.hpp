// MqttClient is the one connection of a service to the broker: MQTT 5, clean start, QoS 0 and 1, reconnecting
// for ever with backoff. It decides nothing: everything that happens is handed to a callback as an event.
//
// Threads: publish() may be called from one thread, the loop; it only enqueues. A send thread of the client's
// own calls Paho and owns connecting. Callbacks run on that thread and on Paho's, one at a time for messages;
// they must only enqueue and return, because Paho holds a process-wide lock meanwhile. One client a process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/core/service_events.hpp"

namespace sensors {

/// Where the person who must mend it finds what the connection needs: keys of a file, or options of a program.
struct MqttKeyNames {
  std::string host = "[mqtt] host";
  std::string port = "[mqtt] port";
  std::string credentials = "[mqtt] user and password_file";
  std::string ca_file = "[mqtt] ca_file";
};

struct MqttClientOptions {
  std::string host = "127.0.0.1";
  int port = 11883;

  /// The broker is told this and a random part, which the client keeps for its life: nobody who does not know it can
  /// take the connection over, and two of one name do not throw each other out.
  std::string client_id;
  std::string user;
  std::string password;

  /// PEM file of the certificate authority for TLS; empty: plain TCP.
  std::string ca_file;

  MqttKeyNames names;

  /// Topic filters subscribed with QoS 1 at every connect, before on_connected.
  std::vector<std::string> subscriptions;

  /// Published by the broker when this client is gone; retained, QoS 1. Empty topic: none.
  std::string will_topic;
  std::string will_payload;

  /// Longest wait for the name server, for CONNACK and for each SUBACK. 1 s .. 60 s.
  Millis connect_timeout{5'000};

  /// Silence after which the link is probed and then given up. 1 s .. 60 s.
  std::chrono::seconds keepalive{5};

  /// Messages with QoS 1 without PUBACK at one time; also the broker's max_inflight_messages. 1 .. 100.
  int max_inflight = 20;

  /// Messages waiting for the send thread; one more is refused with MqttPublished overloaded. 1 .. 100,000.
  std::size_t max_queued = 10'000;

  /// Wait before reconnecting: first and longest, doubling, jittered.
  Millis reconnect_first{250};
  Millis reconnect_longest{5'000};
};

/// Each is called with a complete value and must not block. None is called after the client's destructor.
struct MqttCallbacks {
  std::function<void(MqttConnected)> on_connected;        // connected and subscribed
  std::function<void(MqttDisconnected)> on_disconnected;  // also for each connect that fails
  /// One answer for each publish() with an id other than 0. While more are outstanding, answers wait for others, at
  /// most for `max_inflight / 2` of them or 2 ms: a wake-up of the loop for each would cost more than all its work.
  std::function<void(std::vector<MqttPublished>)> on_published;
  std::function<void(MqttMessage)> on_message;
};

class MqttClient {
 public:
  /// Starts the send thread, which connects. Never blocks and never fails: a broker that is away is retried.
  MqttClient(MqttClientOptions options, MqttCallbacks callbacks);

  /// Disconnects in at most `1 s` after sending what is queued, and joins the send thread.
  ~MqttClient();

  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  /// Hands `message` to the send thread; never blocks. Messages go out in the order of the calls. While there is
  /// no connection the answer is MqttPublished disconnected, at once.
  void publish(MqttPublish message);

  /// Adds to the subscriptions of all later connects. Never blocks. A connection that there is already is given up and
  /// made again, so that what is retained comes as after each connect.
  void subscribe(const std::string& filter);

  /// Gives the connection up and makes a new one: for a broker that answers nothing but keeps the link alive. Never
  /// blocks; nothing without a connection.
  void reconnect();

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

}  // namespace sensors

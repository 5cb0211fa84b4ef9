// Events and effects that every service has. A service's own events.hpp adds its own and closes both sets
// as std::variants. Plain values: they cross from adapter threads to the loop and back.
#pragma once

#include <cstdint>
#include <string>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

// ---- events ----

/// The time that Logic::wake_at() asked for has come.
struct Tick {};

/// SIGTERM or SIGINT: finish what is in memory, then ask for Exit. The shell leaves after 4.5 s anyway.
struct StopRequested {};

struct MqttConnected {};

/// The connection ended, or could not be made.
struct MqttDisconnected {
  std::string reason;
  ErrorCode code = ErrorCode::disconnected;  // unresolved, timeout, refused, tls, rejected or disconnected
};

/// The broker's answer to an MqttPublish with QoS 1 and an id other than 0.
struct MqttPublished {
  std::uint64_t id;
  Result<void> result;  // rejected (reason code >= 0x80), disconnected, overloaded, io
};

struct MqttMessage {
  std::string topic;
  std::string payload;
  std::string response_topic;  // MQTT 5 section 3.3.2.3.5; empty: none
  std::string correlation;     // MQTT 5 section 3.3.2.3.6
  bool retained = false;
};

// ---- effects ----

struct MqttPublish {
  std::uint64_t id = 0;  // 0: no MqttPublished wanted
  std::string topic;
  std::string payload;
  bool retain = false;
  int qos = 1;
  std::string response_topic;
  std::string correlation;
};

/// Subscribe to `filter` too, with QoS 1, on this connection and on all later ones.
struct MqttSubscribe {
  std::string filter;
};

/// Give the connection up and make a new one.
struct MqttReconnect {};

enum class LogLevel { debug, info, warning, error };

struct LogLine {
  LogLevel level;
  std::string text;
};

/// For systemd's STATUS= and READY=1. The first one says that the service is up.
struct ServiceStatus {
  std::string text;
};

struct Exit {
  int code = 0;
};

}  // namespace sensors

// Everything that can happen to the bridge, and everything it can do about it. Read this first: Bridge is a function
// from one BridgeEvent and the time to BridgeEffects, and shell.cpp connects both to the world. It joins three that
// know nothing of each other: Delivery, which delivers, Web, which answers HTTP requests, and Discovery, which speaks
// to Home Assistant. What Delivery tries, an Attempt, a sink carries out.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "common/core/service_events.hpp"
#include "common/core/web_events.hpp"
#include "services/sensor-http-bridge/delivery/attempt.hpp"

namespace sensors::bridge {

// ---- events of Delivery ----

using Event = std::variant<Tick, StopRequested, MqttConnected, MqttDisconnected, MqttPublished, MqttMessage, Attempted>;

// ---- effects of Delivery ----

/// Replaces the state file by `text`, on a worker; a failure is logged and changes nothing else.
struct SaveBreaker {
  std::string text;
};

using Effect = std::variant<LogLine, Exit, ServiceStatus, MqttPublish, Attempt, SaveBreaker>;
using Effects = std::vector<Effect>;

// ---- all of it ----

/// Replaces the file of WriteHomes by `text`, on the same worker; a failure is logged and changes nothing else.
struct SaveWriteHomes {
  std::string text;
};

using BridgeEvent = std::variant<Tick, StopRequested, MqttConnected, MqttDisconnected, MqttPublished, MqttMessage,
                                 Attempted, WebRequest, WebGone, WebListening, WebCertificate>;

using BridgeEffect = std::variant<LogLine, Exit, ServiceStatus, MqttPublish, Attempt, SaveBreaker, SaveWriteHomes,
                                  WebResponse, WebStreamBegin, WebStreamData, WebStreamEnd>;
using BridgeEffects = std::vector<BridgeEffect>;

}  // namespace sensors::bridge

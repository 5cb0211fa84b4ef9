// Everything that can happen to the bridge, and everything it can do about it. Read this first: Bridge is a function
// from one BridgeEvent and the time to BridgeEffects, and shell.cpp connects both to the world. It joins three that
// know nothing of each other: Logic, which delivers, Web, which answers HTTP requests, and Discovery, which speaks to
// Home Assistant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/service_events.hpp"
#include "common/core/time.hpp"
#include "common/core/web_events.hpp"

namespace sensors::bridge {

// ---- events of Logic ----

/// What the API answered, whatever the status.
struct HttpReply {
  int status = 0;
  std::string content_type;
  std::optional<std::string> retry_after;  // as sent
  std::string body;
  bool is_early = false;  // it came before the API can have had the whole request
  bool has_more = false;  // bytes came behind its end
};

/// The HTTP client is done with the HttpPost `id`. The error's code tells timeout, refused, unresolved, tls, ... apart.
struct HttpFinished {
  std::uint64_t id = 0;
  Result<HttpReply> reply;
  Millis took{0};
};

using Event =
    std::variant<Tick, StopRequested, MqttConnected, MqttDisconnected, MqttPublished, MqttMessage, HttpFinished>;

// ---- effects of Logic ----

/// One HttpFinished with the same id follows, at the latest after `total_timeout`. Address, token, compression and
/// certificate authority are the destination's and known to the shell.
struct HttpPost {
  std::uint64_t id = 0;
  std::string idempotency_key;
  std::string content_type;
  std::string body;
  Millis total_timeout{0};
};

/// Replaces the state file by `text`, on a worker; a failure is logged and changes nothing else.
struct SaveBreaker {
  std::string text;
};

/// Replaces the file of WriteHomes by `text`, on the same worker; a failure is logged and changes nothing else.
struct SaveWriteHomes {
  std::string text;
};

using Effect = std::variant<LogLine, Exit, ServiceStatus, MqttPublish, HttpPost, SaveBreaker>;
using Effects = std::vector<Effect>;

// ---- both sides ----

using BridgeEvent = std::variant<Tick, StopRequested, MqttConnected, MqttDisconnected, MqttPublished, MqttMessage,
                                 HttpFinished, WebRequest, WebGone, WebListening, WebCertificate>;

using BridgeEffect = std::variant<LogLine, Exit, ServiceStatus, MqttPublish, HttpPost, SaveBreaker, SaveWriteHomes,
                                  WebResponse, WebStreamBegin, WebStreamData, WebStreamEnd>;
using BridgeEffects = std::vector<BridgeEffect>;

}  // namespace sensors::bridge

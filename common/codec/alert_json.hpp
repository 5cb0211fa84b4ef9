// Alerts on the wire: an episode as `alert/<name>` shows it and as each channel is told it, and what an operator orders
// of sensor-alerts. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// An episode: something was wrong from `since` until `ended`.
struct Alert {
  std::string name;      // of the topic: a name of the protocol
  std::string severity;  // "warning" or "critical"
  std::string kind;      // "sensor_silent"; "rule" where the owner's own rule found it
  std::string node;      // what it is about; may be empty
  std::string object;    // sensor, service, destination; may be empty
  std::string text;      // what is wrong
  std::string advice;    // what to do; may be empty
  WallTime since{};
  std::optional<WallTime> ended{};  // nothing: it goes on
  std::optional<WallTime> acknowledged{};
  WallTime time{};  // when this was said
  bool operator==(const Alert&) const = default;
};

/// {"name":"sensor_silent.attic.co2","state":"firing","severity":"warning","kind":"sensor_silent","node":"attic",
/// "object":"co2","text":"...","advice":"...","since":"...","ended":null,"acknowledged":null,"time":"..."}
std::string encode_alert(const Alert& alert);

/// malformed, too_large, or invalid with the key that is wrong. Keys of later versions are ignored.
Result<Alert> decode_alert(std::string_view payload);

/// What `control/sensor-alerts` takes: {"alert":"acknowledge","name":"..."}, {"alert":"test","name":"<channel>"}.
struct AlertOrder {
  enum class Kind { acknowledge, test };
  Kind kind = Kind::acknowledge;
  std::string name;  // of the alert, or of the channel
  bool operator==(const AlertOrder&) const = default;
};
std::string encode_alert_order(const AlertOrder& order);
Result<AlertOrder> decode_alert_order(std::string_view payload);

}  // namespace sensors

// Everything that can happen to sensor-alerts, and everything it can do about it. Read this first: Logic is a function
// from one Event and the time to Effects, and shell.cpp connects both to the world.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/service_events.hpp"
#include "services/sensor-alerts/logic/delivery.hpp"
#include "services/sensor-alerts/logic/episode.hpp"
#include "services/sensor-alerts/logic/message.hpp"

namespace sensors::alerts {

/// What the database holds when it is opened.
struct KnownAlerts {
  std::string store;  // id of the database, random: keys begin with it
  std::uint64_t next_episode = 1;
  std::uint64_t next_message = 1;
  std::vector<Episode> episodes;
  std::vector<Message> messages;      // that wait, oldest first
  std::vector<std::string> warnings;  // what was wrong with it
};

/// One transaction. As an effect, at most one is outstanding.
struct AlertWrite {
  bool all = false;  // it is all that there is: what the file has goes first
  std::string store;
  std::uint64_t next_episode = 1;
  std::uint64_t next_message = 1;
  std::vector<Episode> episodes;         // new ones, and those that are another now
  std::vector<std::uint64_t> forgotten;  // episodes
  std::vector<Message> messages;         // new ones
  std::vector<std::uint64_t> done;       // messages that need not be sent any more
};

// ---- events ----

/// The database finished an AlertWrite: all of it is on the disk, or none of it.
struct AlertsWritten {
  Result<void> result;
};

/// A channel is done with the SendMessage `attempt`.
struct MessageSent {
  std::uint64_t attempt = 0;
  std::string channel;
  Delivery delivery;
  Millis took{0};
};

/// What came of a SendBeat.
struct BeatSent {
  Delivery delivery;
};

using Event = std::variant<Tick, StopRequested, MqttConnected, MqttDisconnected, MqttPublished, MqttMessage,
                           AlertsWritten, MessageSent, BeatSent>;

// ---- effects ----

/// One MessageSent with the same attempt follows, at the latest after the channel's timeout.
struct SendMessage {
  std::uint64_t attempt = 0;
  Message message;
};

/// Call the heartbeat URL. One BeatSent follows.
struct SendBeat {};

using Effect = std::variant<LogLine, Exit, ServiceStatus, MqttPublish, MqttSubscribe, MqttReconnect, AlertWrite,
                            SendMessage, SendBeat>;
using Effects = std::vector<Effect>;

}  // namespace sensors::alerts

// Everything that can happen to a command of sensorctl, and everything it can do about it. A Command is a function from
// one Event and the time to Effects; command_shell.cpp connects it to the broker and the terminal.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "common/core/service_events.hpp"

namespace sensors::sensorctl {

using Event = std::variant<Tick, StopRequested, MqttConnected, MqttDisconnected, MqttPublished, MqttMessage>;

/// Text for stdout, as it is.
struct Print {
  std::string text;
};

/// A whole picture, that takes the place of the one before where stdout is a terminal.
struct Show {
  std::string text;
};

/// One line for the person in front of it, on stderr.
struct Complain {
  std::string text;
};

using Effect = std::variant<Exit, MqttPublish, Print, Show, Complain>;
using Effects = std::vector<Effect>;

}  // namespace sensors::sensorctl

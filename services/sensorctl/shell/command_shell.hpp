// Runs one Command between the broker and the terminal.
#pragma once

#include <string>
#include <vector>

#include "common/adapters/mqtt_paho/mqtt_client.hpp"
#include "services/sensorctl/shell/broker_access.hpp"
#include "services/sensorctl/verbs/command.hpp"

namespace sensors::sensorctl {

/// A name for this run, under which it is known to the broker and gets its answers.
std::string new_client_name();

/// What a client of the broker gets that subscribes to `filters`; its errors name options of the command line.
MqttClientOptions client_options(const BrokerAccess& access, const std::string& password, const std::string& client,
                                 const std::vector<std::string>& filters);

/// Connects as `client`, subscribes to `filters`, and runs `command` to its end, on this thread. Returns its exit code;
/// exit_usage when the password cannot be read, exit_trouble when stdout cannot be written.
int run_command(Command& command, const BrokerAccess& access, const std::string& client,
                const std::vector<std::string>& filters);

}  // namespace sensors::sensorctl

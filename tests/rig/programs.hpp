// Where the programs are that the rig starts: those of this build, and Mosquitto's from the system.
#pragma once

#include <string>

namespace sensors::rig {

/// Path of `sensor-publisher`, `sensor-persistence`, `sensor-http-bridge`, `sensorctl`, `reference_api`, or of a
/// program of the system such as `mosquitto`. The environment wins: SENSOR_PUBLISHER_PROGRAM=... (upper case, `_` for
/// `-`). Throws RigError, saying what to install or build, when it is not there.
std::string program_path(const std::string& name);

/// Path of a file of the source tree: "broker-config/mosquitto.conf".
std::string source_path(const std::string& relative);

}  // namespace sensors::rig

// Where the programs and files are that the rig starts and reads: those of the build or of the installation that this
// program is part of, and Mosquitto's from the system.
#pragma once

#include <string>

namespace sensors::rig {

/// Path of `sensor-publisher`, `sensor-persistence`, `sensor-http-bridge`, `sensor-alerts`, `sensorctl`,
/// `reference_api`, or of a program of the system such as `mosquitto`. The environment wins:
/// SENSOR_PUBLISHER_PROGRAM=... (upper case, `_` for
/// `-`). Throws RigError, saying what to install or build, when it is not there.
std::string program_path(const std::string& name);

/// Path of a file that is installed with the demo: "broker-config/render.sh", "seattle-weather-hourly.csv".
std::string shared_path(const std::string& relative);

/// Path of a file of the source tree: "tests/bench/http_load.lua". In the tests only, which are not installed.
std::string source_path(const std::string& relative);

}  // namespace sensors::rig

// The files of a systemd unit on this machine, for those who ask what it does to its service. Start-up, one thread.
#pragma once

#include <string>

#include "common/core/unit_sandbox.hpp"

namespace sensors {

/// Of `unit`, a name without ".service", with its drop-ins, of those files below `root` that can be read. Where it has
/// no file, as in a container, it takes nothing.
UnitSandbox sandbox_of_unit(const std::string& unit, const std::string& root = "");

/// Of the unit that reads `config_file`: that of `service`, or of the instance that the file is named for,
/// "sensor-http-bridge@weather.toml". It takes nothing from a file in another folder than the unit's own.
UnitSandbox sandbox_for(const std::string& config_file, const std::string& service, const std::string& root = "");

}  // namespace sensors

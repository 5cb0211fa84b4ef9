// How a Snapshot is told: one screen for people, one object for programs. Pure.
#pragma once

#include <string>

#include "services/sensorctl/verbs/snapshot.hpp"

namespace sensors::sensorctl {

/// Sensors beyond it are left out of the text, and counted.
inline constexpr std::size_t most_sensors_told = 40;

/// The headline of the verdict first, and its problems with what to do; then what there is.
std::string snapshot_text(const Snapshot& snapshot, Now now);

/// One line:
/// {"time":...,"well":true,"verdict":{...},"services":[{"node":...,"service":...,"status":{...},"queue":{...}}],"committed":[...],
/// "readings":[...],"missing":[...],"silent_stores":[...]}; status and queue as docs/protocol.md has them,
/// the verdict as docs/http.md.
std::string snapshot_json(const Snapshot& snapshot, Now now);

}  // namespace sensors::sensorctl

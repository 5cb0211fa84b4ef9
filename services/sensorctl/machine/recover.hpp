// Carries out a plan: restarts, releases, and writes down what it does before it does it. Blocks for some seconds.
#pragma once

#include <string>

#include "common/core/result.hpp"
#include "services/sensorctl/doctor/finding.hpp"
#include "services/sensorctl/doctor/plan.hpp"
#include "services/sensorctl/doctor/report.hpp"

namespace sensors::doctor {

struct RecoverOptions {
  std::string configuration = "/etc/sensor-project/sensor-recover.toml";
  std::string folder = "/var/lib/sensor-project/recover";  // of the log of actions; made when it is not there
  bool dry_run = false;                                    // nothing is done nor written
};

/// One at a time: overloaded while another one is at work. Else errors of the configuration and of the folder.
Result<Recovery> recover(const Findings& findings, const RecoverOptions& options, WallTime now);

}  // namespace sensors::doctor

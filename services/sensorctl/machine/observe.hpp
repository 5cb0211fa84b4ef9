// Gathers all that the doctor looks at. Blocks for the interval of the statuses, 10 s by default, and some seconds
// more.
#pragma once

#include <string>
#include <vector>

#include "services/sensorctl/doctor/facts.hpp"
#include "services/sensorctl/shell/broker_access.hpp"

namespace sensors::doctor {

struct ObserveOptions {
  sensorctl::BrokerAccess access;
  std::string root;                                   // stands before every path; for tests
  std::string configuration = "/etc/sensor-project";  // the services' files, and the broker's access rules
  Millis database_check{2'000};                       // for each of the two databases
};

Facts observe(const ObserveOptions& options);

}  // namespace sensors::doctor

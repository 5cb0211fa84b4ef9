// What every service's configuration file begins with: how much it logs, which node it is on, and its broker.
#pragma once

#include <string>
#include <vector>

#include "common/core/service_events.hpp"
#include "common/runtime/clocks.hpp"
#include "common/runtime/mqtt_config.hpp"

namespace sensors {

struct ServiceConfig {
  LogLevel log_level = LogLevel::info;
  MqttConfig mqtt;
  std::vector<std::string> notes;     // what is worth knowing at the start, and is no mistake
  std::vector<std::string> warnings;  // a line each: what works, and is better done otherwise
};

/// Reads `log_level`, `node` and [mqtt]. The node, which each Logic has among its options, is the host's name by
/// default, so that services on one machine agree; it must be given where that is not a name of the protocol.
ServiceConfig read_service_config(ConfigTable root, const std::string& service, std::string& node);

/// Reads `trust` of [clock]: the kernel's word by default.
ClockTrust read_clock_trust(ConfigTable clock);

}  // namespace sensors

// Listens to the status and queue topics of the services for a while. Blocks the caller; the client has its own
// threads.
#pragma once

#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "services/sensorctl/doctor/facts.hpp"
#include "services/sensorctl/shell/broker_access.hpp"

namespace sensors::doctor {

/// Listens for `interval`, the time between two statuses of a service, and 3 s more; ends before that once each of
/// `services` has been heard of anew. Errors: those of the password, and of the connection when there was none within
/// the access's timeout.
Result<BrokerFacts> watch_broker(const sensorctl::BrokerAccess& access, const std::vector<std::string>& services,
                                 Millis interval);

}  // namespace sensors::doctor

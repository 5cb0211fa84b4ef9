// The [breaker] table, the same in every service that has a circuit breaker. Start-up, one thread.
#pragma once

#include "common/core/circuit_breaker.hpp"
#include "common/runtime/config_file.hpp"

namespace sensors {

/// Reads all keys but the deadline of a probe, which belongs to what is probed.
void read_breaker_config(ConfigTable table, CircuitBreakerOptions& breaker);

}  // namespace sensors

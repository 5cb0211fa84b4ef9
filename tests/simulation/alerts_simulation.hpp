// The real Logic of sensor-alerts, on virtual time, between a model of its database, two channels that hang, lie and
// refuse, a broker that comes and goes, and sensors that are made hot and cold: what was caused and what arrived must
// be the same list. Apart from the pipeline's simulation: it touches nothing of that.
#pragma once

#include <cstdint>
#include <optional>

#include "common/core/time.hpp"
#include "tests/simulation/ledger.hpp"

namespace sensors::simulation {

struct AlertsOutcome {
  std::optional<Violation> violation;
  std::uint64_t episodes = 0;  // that were caused, each with its end
  std::uint64_t arrived = 0;   // messages, each time that one came
  std::uint64_t repeated = 0;  // of these, that came again
  std::uint64_t crashes = 0;
};

/// The same seed and time give the same outcome. `time`: with faults; then all is healed, and everything must arrive.
AlertsOutcome simulate_alerts(std::uint64_t seed, Millis time);

}  // namespace sensors::simulation

// What the configuration decides for Delivery. Plain values: the defaults are here, the ranges in config.cpp, and
// sensor-http-bridge.toml documents the keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/core/bridge_name.hpp"
#include "common/core/circuit_breaker.hpp"
#include "common/core/service_run.hpp"
#include "common/core/time.hpp"
#include "services/sensor-http-bridge/delivery/attempt.hpp"

namespace sensors::bridge {

struct UploadOptions {
  /// Name of the destination: the store keeps a cursor for each.
  std::string destination = "api";

  /// How often the store is asked while nothing is known to wait.
  Millis interval{5'000};

  /// Size of a batch.
  std::size_t max_readings = 1'000;
  std::size_t max_bytes = 256 * 1024;

  /// Readings/s at which a backlog is drained, so that a recovering destination is not flooded; 0: no cap.
  std::size_t max_rate = 5'000;

  /// Deadlines of one attempt: up to `few_readings`, and more.
  std::size_t few_readings = 10;
  Millis few_timeout{10'000};
  Millis bulk_timeout{30'000};

  /// Rows that may become dead letters without one being delivered in between. More than that is not the data but the
  /// destination or the configuration: then the rows are held. 0: no limit.
  std::size_t max_refused_in_row = 100;

  /// Readings waiting in the store above which publishers are asked to slow down.
  std::uint64_t high_readings = 10'000;
};

struct DeliveryOptions {
  std::string root = "sensors";
  std::string node;
  std::string service{bridge_service};  // its name on the broker: each bridge of a node has one of its own
  std::string instance;                 // of this process, random: what tells its statuses from those of a namesake
  std::vector<ServiceRun> former_runs;  // under other names of this machine
  /// Whether there is a destination. Without one nothing is asked for, and the store is told that nothing waits.
  bool delivers = true;
  UploadOptions upload;
  SinkNames names;

  /// Tells this destination and how it is reached from others: a breaker that was saved of another one counts no more.
  /// Without control characters; empty: not known.
  std::string about;

  CircuitBreakerOptions breaker;

  /// Longest wait for an answer of the store, and the waits before asking again.
  Millis rpc_deadline{5'000};
  Millis rpc_retry_first{1'000};
  Millis rpc_retry_longest{10'000};

  /// Waits between attempts that fail while the breaker is still closed.
  Millis attempt_retry_first{1'000};
  Millis attempt_retry_longest{10'000};

  Millis status_interval{10'000};

  /// After SIGTERM an attempt under way may take so much longer. Below the shell's 4.5 s.
  Millis stop_grace{3'000};

  /// Of the jitter, and what tells the requests of this run from those of an earlier one: random at each start.
  std::uint64_t seed = 1;
};

/// How often the store hears whether there is a destination, though nothing can be tried: it may be another one since.
inline constexpr Millis claim_interval{60'000};

/// Beyond an attempt's own deadline: then the sink is stuck, the attempt is given up, and the watchdog is not fed.
inline constexpr Millis stuck_sink_after{10'000};

}  // namespace sensors::bridge

// What the configuration decides for the Logic. Plain values; the keys are documented in sensor-publisher.toml.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/core/circuit_breaker.hpp"
#include "common/core/send_window.hpp"
#include "common/core/time.hpp"
#include "services/sensor-publisher/drivers/sensor_options.hpp"

namespace sensors::publisher {

struct DriverSchedule {
  std::string name;
  Millis interval{10'000};  // 0: again as soon as a round is done
  Millis deadline{5'000};   // a round that takes longer is reported
  SensorOptionsMap sensors;
};

struct OutboxOptions {
  /// Readings kept while the store is away; beyond it the oldest are dropped with a gap record. 1,000 .. 1,000,000,000.
  std::uint64_t max_readings = 5'000'000;

  /// Above this the publisher is under pressure and reads more slowly. 1 .. max_readings.
  std::uint64_t high_readings = 10'000;

  /// Group commit: readings wait at most this long for others, or until there are so many.
  Millis commit_age{10};
  std::size_t commit_readings = 1'000;

  /// Readings kept in memory while the outbox cannot be written. 100 .. 1,000,000.
  std::size_t max_pending = 10'000;
};

struct SendOptions {
  SendWindowOptions window;

  /// A message that has no PUBACK after this long is a failure for the breaker. 100 ms .. 60 s.
  Millis puback_timeout{10'000};

  /// Up to this many waiting readings are sent one by one, for live dashboards; more go as batches. 0 .. 1,000,000.
  std::uint64_t live_limit = 20;

  /// Size of a batch. 1 .. 1,000 and 1 KiB .. 256 KiB.
  std::size_t batch_readings = 200;
  std::size_t batch_bytes = 64 * 1024;
};

struct LogicOptions {
  std::string root = "sensors";
  std::string node;
  std::vector<DriverSchedule> drivers;
  std::vector<Millis> pace{Millis{10'000}, Millis{30'000}, Millis{60'000}};
  OutboxOptions outbox;
  SendOptions send;
  CircuitBreakerOptions breaker{.peer = "broker"};
  Millis status_interval{10'000};
  std::uint64_t seed = 1;  // of the jitter in breaker and backoff
};

inline constexpr const char* service_name = "sensor-publisher";

}  // namespace sensors::publisher

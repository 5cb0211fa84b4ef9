// What the configuration decides for the Logic. Plain values: the defaults are here, the ranges in config.cpp, and
// sensor-publisher.toml documents the keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/core/circuit_breaker.hpp"
#include "common/core/silence_watch.hpp"
#include "common/core/time.hpp"
#include "services/sensor-publisher/drivers/sensor_options.hpp"
#include "services/sensor-publisher/logic/send_window.hpp"

namespace sensors::publisher {

struct DriverSchedule {
  std::string name;
  Millis interval{10'000};  // 0: again as soon as a round is done
  Millis deadline{5'000};   // a round that takes longer is reported
  SensorOptionsMap sensors;

  /// What it gives waits where it comes from until it is asked for (the lines of a program, the rows of a file), and is
  /// given once. All of it is kept: the pace delays it, and leaves nothing out.
  bool is_stream = false;

  /// When the service ends: for so long what it has already given of itself is read, until it reports `ended`. 0: a
  /// round that is under way is waited for, for a second, and no other begins. 0 .. 4 s.
  Millis read_out{0};
};

struct OutboxOptions {
  /// What the readings kept while the store is away may take of the disk, about 35 bytes each.
  std::int64_t max_bytes = 256 * 1024 * 1024;

  /// What goes when they take more: about every second of the oldest readings, the newest quarter and the sharpest
  /// changes excepted, or the oldest readings. Where thinning frees nothing any more the oldest go too.
  enum class WhenFull { thin, drop_oldest };
  WhenFull when_full = WhenFull::thin;

  /// A second limit: beyond so many numbers waiting the oldest are dropped with a gap record.
  std::uint64_t max_readings = 1'000'000'000;

  /// Above this the publisher is under pressure and reads more slowly.
  std::uint64_t high_readings = 10'000;

  /// Group commit: readings wait at most this long for others, or until there are so many.
  Millis commit_age{10};
  std::size_t commit_readings = 1'000;

  /// Readings kept in memory while the outbox cannot be written; beyond it the oldest give way to a gap record. While
  /// it can be, none does: see RoomForReadings.
  std::size_t max_pending = 10'000;

  /// Whether a reserve file is kept beside the outbox.
  bool keeps_reserve = true;

  /// Readings that the outbox does not take when the service ends may still reach the store for so long.
  static constexpr Millis last_chance{2'000};

  /// How long opening it may take, check and salvage included, before the worker counts as hung.
  Millis open_deadline{120'000};
};

struct SendOptions {
  SendWindowOptions window;

  /// A message that has no PUBACK after this long is a failure for the breaker.
  Millis puback_timeout{10'000};

  /// Up to this many waiting readings are sent one by one, for live dashboards; more go as batches.
  std::uint64_t live_limit = 20;

  /// Size of a batch.
  std::size_t batch_readings = 200;
  std::size_t batch_bytes = 64 * 1024;
};

struct LogicOptions {
  std::string root = "sensors";
  std::string node;
  std::string instance;  // of this process, random: what tells its statuses from those of a namesake
  std::vector<DriverSchedule> drivers;
  std::vector<Millis> pace{Millis{10'000}, Millis{30'000}, Millis{60'000}};
  OutboxOptions outbox;
  SendOptions send;
  SilenceOptions silence;
  CircuitBreakerOptions breaker{.peer = "broker"};
  Millis status_interval{10'000};
  std::uint64_t seed = 1;  // of the jitter in breaker and backoff
};

inline constexpr const char* service_name = "sensor-publisher";

}  // namespace sensors::publisher

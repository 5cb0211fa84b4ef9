// What sensor-alerts decides by. Plain values with their defaults.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/core/circuit_breaker.hpp"
#include "common/core/service_run.hpp"
#include "services/sensor-alerts/logic/episodes.hpp"
#include "services/sensor-alerts/logic/threshold_rules.hpp"

namespace sensors::alerts {

inline constexpr const char* service_name = "sensor-alerts";

/// How a channel is treated, whatever its kind.
struct ChannelOptions {
  std::string name;
  bool critical_only = false;
  std::size_t max_messages = 1'000;
  Millis timeout{30'000};  // of one attempt
  CircuitBreakerOptions breaker{};

  /// A receiver that forgets what it was told (Alertmanager) is told all open alerts again so often.
  std::optional<Millis> repeat{};
};

/// From and to, since midnight; nothing is told in between but what is critical, and its end.
struct QuietHours {
  Millis from{0};
  Millis to{0};

  bool has(Millis of_day) const { return from <= to ? of_day >= from && of_day < to : of_day >= from || of_day < to; }
};

struct AlertOptions {
  std::string root = "sensors";
  std::string node;
  std::string instance;  // of this process, random
  std::uint64_t seed = 0;
  std::vector<ServiceRun> former_runs;
  Millis status_interval{10'000};

  EpisodeOptions episodes;

  /// What begins together, or ends together, within this goes as one message.
  Millis group_wait{30'000};

  /// Between two messages about an episode that goes on and that nobody acknowledged; 0: none.
  Millis remind_every{0};
  std::optional<QuietHours> quiet{};

  /// How far local time is ahead of UTC at a moment.
  std::function<Millis(WallTime)> local_offset = [](WallTime) { return Millis{0}; };

  /// What is known is not complete so soon after connecting: nothing ends before.
  Millis settle{30'000};

  /// How long a problem of each kind lasts before it is told; of a kind that is not here, `lasts_otherwise`.
  std::map<std::string, Millis, std::less<>> lasts;
  Millis lasts_otherwise{600'000};
  std::set<std::string, std::less<>> off{"pace"};  // kinds that are not told

  std::vector<ThresholdRule> rules;
  std::vector<ChannelOptions> channels;

  /// Between two calls of the heartbeat URL while all is well; 0: there is none.
  Millis beat_every{0};
};

/// By kind, see verdict::kinds: long enough that none of them cries wolf.
std::map<std::string, Millis, std::less<>> default_lasts();

}  // namespace sensors::alerts

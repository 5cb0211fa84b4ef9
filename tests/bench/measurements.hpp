// The end-to-end measurements of docs/performance.md. Each starts a pipeline of its own in a folder of its own, adds
// its figures, and throws RigError when something does not come to its end.
#pragma once

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/rig/rig.hpp"

namespace sensors::bench {

/// Flat: what --json writes.
using Figures = std::map<std::string, double>;

/// 1,000,000 readings (fewer when quick) from the outbox to committed in the store, beside the same rows straight into
/// SQLite; memory and bytes written. Medians of `rounds`.
void measure_backlog(Figures& figures, std::uint64_t readings, int rounds);

/// One reading a message from a driver to committed in the store, beside mosquitto_pub to mosquitto_sub on the same
/// broker. At most 60,000 messages: nobody paces mosquitto_pub, and the broker ends its connection when 65,535 wait.
void measure_live(Figures& figures, std::uint64_t messages, int rounds);

/// 10 readings a second from a driver to the watermark and to the API.
void measure_latency(Figures& figures, Millis time);

/// CPU, wake-ups and memory with the host driver at the default pace.
void measure_idle(Figures& figures, Millis time);

/// The bridge's HTTP side under load: /livez, queries, and writes that are answered when the store has them.
void measure_http(Figures& figures, Millis time);

/// The program that measure_latency() gives to the `command` driver: 10 readings a second, each the present time.
int emit_readings();

inline double percentile(std::vector<double> values, double share) {
  if (values.empty()) throw std::runtime_error("nothing was measured");
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
}

inline double median(const std::vector<double>& values) { return percentile(values, 0.5); }

}  // namespace sensors::bench

// Vitals keeps the worst that was seen of each service while faults were played: for how long its loop was blocked, and
// how much memory it took.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/rig/mqtt_probe.hpp"
#include "tests/rig/process.hpp"

namespace sensors::rig {

class Vitals {
 public:
  struct Worst {
    std::int64_t loop_ms = 0;      // loop_max_ms of its status
    std::uint64_t memory_kib = 0;  // VmHWM of /proc/PID/status
  };

  /// Reads the peak of a process; before it is killed, or the peak dies with it.
  void note_memory(const std::string& service, const Process& process);

  /// Reads what has come to `probe`, which has the status topics, and lets it forget.
  void note_statuses(MqttProbe& probe);

  const std::map<std::string, Worst>& by_service() const { return by_service_; }
  std::int64_t worst_loop_ms() const;

  /// "publisher 9.1, persistence 10.0, bridge 12.4"
  std::string memory_text() const;

 private:
  std::map<std::string, Worst> by_service_;  // "publisher", "persistence", "bridge"
};

}  // namespace sensors::rig

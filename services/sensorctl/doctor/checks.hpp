// The doctor's checks: facts in, findings out. Each fact gives one finding at least, also when all is well, so that a
// reader sees what was looked at. Pure.
#pragma once

#include <chrono>

#include "services/sensorctl/doctor/facts.hpp"
#include "services/sensorctl/doctor/finding.hpp"

namespace sensors::doctor {

/// From where on something is wrong.
struct Thresholds {
  /// Share of its watchdog's limit for which a service may be silent. It pings at a half.
  double ping_share = 0.75;
  /// Silence beyond the limit after which systemd has not done what it should have.
  Millis watchdog_grace{15'000};
  /// A unit that systemd started again so often, and the last time less than this ago, does not come up.
  unsigned restarts = 3;
  Millis restarted_within{600'000};
  /// A unit younger than this may still be on its way: its silence is no reason to restart it.
  Millis settled_after{60'000};
  /// A breaker that is not closed for longer.
  Millis breaker_open{900'000};
  /// Share of a queue's limit.
  double queue_full = 0.9;
  /// Free space, as a share and in bytes: it is short when it is below both.
  double disk_short = 0.10;
  std::uint64_t disk_short_bytes = 1ULL << 30;
  double disk_full = 0.02;
  std::uint64_t disk_full_bytes = 64ULL << 20;
  /// Share of inodes.
  double inodes_short = 0.05;
  /// Share of the descriptors that a service may have open.
  double files_short = 0.8;
  double files_full = 0.95;
  /// Before the end of a certificate, as long before as the bridge warns in its log.
  std::chrono::days certificate_ends_soon{14};
};

/// units, watchdogs, limits, open files.
Findings check_units(const Facts& facts, const Thresholds& thresholds = {});

/// broker, its access rules, status topics, queues, breakers, pace, dead letters.
Findings check_pipeline(const Facts& facts, const Thresholds& thresholds = {});

/// disks, databases, certificates, clock, power, route, journal.
Findings check_machine(const Facts& facts, const Thresholds& thresholds = {});

/// All of them.
Findings check_all(const Facts& facts, const Thresholds& thresholds = {});

}  // namespace sensors::doctor

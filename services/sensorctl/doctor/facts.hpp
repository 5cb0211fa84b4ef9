// Everything that the doctor looks at, as plain values. What could not be looked at is an Error that says why: a check
// without its fact is `unknown`, never `ok`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "common/core/certificate_ends.hpp"
#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "common/core/unit_state.hpp"
#include "services/sensorctl/doctor/acl.hpp"

namespace sensors::doctor {

/// What the kernel really holds a unit to, from its control group; nothing: no limit, or none on this kernel.
struct LimitsInForce {
  std::optional<std::uint64_t> memory_max;    // bytes
  std::optional<std::uint64_t> tasks_max;     // threads
  std::optional<std::uint64_t> cpu_us_per_s;  // of processor time
  // As UnitState has them; nothing: this kernel does not show it (version 1 of control groups shows none of them).
  std::optional<std::uint64_t> memory_high;
  std::optional<std::uint64_t> swap_max;
  std::optional<std::uint64_t> cpu_weight;
  std::optional<std::uint64_t> io_weight;
};

struct OpenFiles {
  std::uint64_t open = 0;
  std::uint64_t limit = 0;
};

struct UnitFacts {
  UnitState state;
  Result<LimitsInForce> limits;
  Result<OpenFiles> files;
  Result<char> process;                   // of its main process, proc(5): R, S, D (waits in the kernel), T (stopped), Z
  Result<std::int64_t> oom_score_adjust;  // of its main process
};

struct Machine {
  Result<UnitState> target;  // sensor-project.target
  Result<std::vector<UnitFacts>> units;
  Result<bool> memory_cgroup;  // the kernel can limit memory
  std::uint64_t uptime_us = 0;
};

/// The queue topic of a service, each time it was published.
struct QueueSample {
  Millis heard_at{0};  // since the doctor began to listen; below 0 for what was published before
  QueueDepth queue;
};

struct ServiceFacts {
  std::string name;
  std::optional<Result<ServiceReport>> status;  // the newest; nothing: the topic does not exist
  bool is_fresh = false;                        // it was published while the doctor listened
  Millis status_age{0};                         // of a fresh one, when the doctor stopped listening
  std::vector<QueueSample> queue;               // oldest first
};

struct BrokerFacts {
  std::vector<ServiceFacts> services;
  Millis listened{0};
};

struct DiskSpace {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;  // for services, the file system's own reserve excluded
  double free_inodes = 1;        // share, 0 .. 1; 1 where the file system does not count them
};

struct DiskFacts {
  std::string path;
  Result<bool> is_read_only;
  Result<DiskSpace> space;
  Result<std::string> risk{};  // as storage_risk() says it; empty: none is known, or it holds no database
};

struct DatabaseFacts {
  std::string path;
  std::string folder;  // one of the disks' paths
  std::string unit;    // whose it is
  Result<void> check;  // corrupt; timeout: nothing was found as far as it came; other errors: it could not be read
  bool is_there = true;
  std::optional<bool> has_reserve;  // PATH.reserve exists; nothing: there is to be none
};

struct ClockFacts {
  bool is_synced = false;
  bool is_trusted = false;  // the owner vouches for it: trust = "always" in sensor-persistence.toml
};

/// Bits of the Raspberry Pi's firmware: now and since the start.
struct PowerFacts {
  bool under_voltage = false;
  bool throttled = false;
  bool was_under_voltage = false;
  bool was_throttled = false;
};

struct JournalFacts {
  std::uint64_t errors = 0;  // lines of priority 0 .. 3 of our units in `span`
  std::string newest;
  Millis span{0};
};

/// A file with certificates that a configuration names.
struct CertificateFile {
  std::string path;
  std::string use;            // "the bridge shows it to its clients"
  std::string unit;           // which reads it
  bool is_authority = false;  // of whom others are known by, not one's own
};

struct CertificateFacts {
  CertificateFile file;
  Result<CertificateEnds> ends;
};

struct Facts {
  Machine machine;
  Result<BrokerFacts> broker;
  bool broker_is_local = true;  // it runs as sensor-broker.service on this machine
  Result<AclDifference> acl;
  std::vector<DiskFacts> disks;
  std::vector<DatabaseFacts> databases;
  std::vector<CertificateFacts> certificates;
  ClockFacts clock;
  Result<std::optional<PowerFacts>> power;  // nothing: no firmware here that would tell
  Result<bool> default_route;
  Result<JournalFacts> journal;
  WallTime now;
};

}  // namespace sensors::doctor

// A machine on which all is well, for tests to spoil one thing at a time.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "services/sensorctl/doctor/checks.hpp"

namespace sensors::doctor {

constexpr WallTime noon{std::chrono::seconds{1'768'478'400}};
constexpr std::uint64_t second_us = 1'000'000;
constexpr std::uint64_t uptime_us = 86'400 * second_us;

inline UnitFacts healthy_unit(const std::string& service) {
  const bool is_broker = service == "sensor-broker";
  UnitFacts unit;
  unit.state.name = service + ".service";
  unit.state.load_state = "loaded";
  unit.state.file_state = "enabled";
  unit.state.active_state = "active";
  unit.state.sub_state = "running";
  unit.state.active_since_us = uptime_us - 3'600 * second_us;
  unit.state.result = "success";
  unit.state.main_pid = 4711;
  unit.state.watchdog_us = is_broker ? 0 : 30 * second_us;
  unit.state.pinged_at_us = is_broker ? 0 : uptime_us - 14 * second_us;
  unit.state.memory_max = 256ULL << 20;
  unit.state.tasks_max = 100;
  unit.state.memory_high = 224ULL << 20;
  unit.state.swap_max = 0;
  unit.state.cpu_us_per_s = 750'000;
  unit.state.cpu_weight = 25;
  unit.state.io_weight = 200;
  unit.state.files_max = 4'096;
  unit.state.oom_score_adjust = -500;
  unit.limits = LimitsInForce{256ULL << 20, 100, 750'000, 224ULL << 20, 0, 25, 200};
  unit.oom_score_adjust = -500;
  unit.files = OpenFiles{20, 4'096};
  unit.process = 'S';
  return unit;
}

inline ServiceFacts healthy_service(const std::string& name) {
  ServiceFacts service;
  service.name = name;
  ServiceReport report;
  report.service = name;
  report.since = noon - std::chrono::hours{1};
  report.version = "0.1.0";
  if (name != "sensor-persistence") report.breaker = BreakerReport{"closed", "", std::nullopt, std::nullopt, false};
  if (name == "sensor-publisher") report.pace = Millis{10'000};
  service.status = Result<ServiceReport>(report);
  service.is_fresh = true;
  const QueueDepth queue{.depth = 12, .high = 10'000, .limit = 1'000'000, .oldest_s = 1, .rate_per_s = 1};
  service.queue = {{Millis{100}, queue}, {Millis{10'000}, queue}};
  return service;
}

inline Facts healthy_facts() {
  Facts facts;
  facts.now = noon;
  facts.machine.uptime_us = uptime_us;
  UnitState target;
  target.name = "sensor-project.target";
  target.load_state = "loaded";
  target.active_state = "active";
  facts.machine.target = target;
  facts.machine.memory_cgroup = true;
  facts.machine.units = std::vector<UnitFacts>{healthy_unit("sensor-broker"), healthy_unit("sensor-publisher"),
                                               healthy_unit("sensor-persistence"), healthy_unit("sensor-http-bridge")};
  BrokerFacts broker;
  broker.listened = Millis{13'000};
  for (const char* name : {"sensor-publisher", "sensor-persistence", "sensor-http-bridge"}) {
    broker.services.push_back(healthy_service(name));
  }
  facts.broker = std::move(broker);
  facts.acl = AclDifference{};
  DiskFacts disk;
  disk.path = "/";
  disk.is_read_only = false;
  disk.space = DiskSpace{32ULL << 30, 20ULL << 30, 0.9};
  facts.disks = {disk, disk};
  facts.disks[1].path = "/var/lib";
  DatabaseFacts store;
  store.path = "/var/lib/store.db";
  store.folder = "/var/lib";
  store.unit = "sensor-persistence.service";
  store.has_reserve = true;
  facts.databases = {store};
  facts.clock.is_synced = true;
  facts.power = std::optional<PowerFacts>(PowerFacts{});
  facts.default_route = true;
  facts.journal = JournalFacts{0, "", Millis{3'600'000}};
  return facts;
}

inline UnitFacts& unit_of(Facts& facts, const std::string& service) {
  auto& units = *facts.machine.units;
  return *std::find_if(units.begin(), units.end(),
                       [&](const UnitFacts& unit) { return unit.state.name == service + ".service"; });
}

inline ServiceFacts& service_of(Facts& facts, const std::string& name) {
  auto& services = facts.broker->services;
  return *std::find_if(services.begin(), services.end(), [&](const ServiceFacts& one) { return one.name == name; });
}

/// All that is not ok, as "severity check object [remedy]", in the order of the checks.
inline std::vector<std::string> complaints(const Facts& facts) {
  std::vector<std::string> lines;
  for (const Finding& finding : check_all(facts)) {
    if (finding.severity == Severity::ok) continue;
    std::string line = std::string(name_of(finding.severity)) + " " + finding.check + " " + finding.object;
    if (finding.remedy.has_value())
      line += " [" + std::string(name_of(finding.remedy->kind)) + " " + finding.remedy->object + "]";
    lines.push_back(line);
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace sensors::doctor

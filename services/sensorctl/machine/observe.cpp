#include "services/sensorctl/machine/observe.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <utility>

#include "common/adapters/systemd/journal_errors.hpp"
#include "common/adapters/systemd/system_manager.hpp"
#include "common/adapters/tls/certificate_ends.hpp"
#include "common/core/bridge_name.hpp"
#include "common/runtime/clocks.hpp"
#include "common/runtime/small_file.hpp"
#include "services/sensorctl/machine/broker_watch.hpp"
#include "services/sensorctl/machine/database_check.hpp"
#include "services/sensorctl/machine/installation.hpp"
#include "services/sensorctl/machine/machine_files.hpp"

namespace sensors::doctor {
namespace {

constexpr std::size_t largest_certificates = 1024 * 1024;
constexpr Millis systemd_deadline{5'000};
constexpr Millis journal_deadline{3'000};
constexpr std::chrono::hours journal_span{1};

/// By their names on the broker.
std::vector<std::string> services_of(const Installation& installation) {
  std::vector<std::string> names{"sensor-publisher", "sensor-persistence", std::string(bridge_service)};
  if (installation.has_alerts) names.emplace_back("sensor-alerts");
  for (const std::string& name : installation.named_bridges) names.push_back(bridge_service_of(name));
  return names;
}

std::vector<std::string> units_of(const Installation& installation) {
  std::vector<std::string> names{"sensor-broker.service"};
  for (const std::string& service : services_of(installation)) names.push_back(unit_name_of(service) + ".service");
  return names;
}

UnitFacts observe_unit(UnitState state, const MachineFiles& files) {
  UnitFacts unit;
  unit.process = files.process_state(state.main_pid);
  unit.files = files.open_files(state.main_pid);
  unit.oom_score_adjust = files.oom_score_adjust(state.main_pid);
  unit.limits = files.limits(state.control_group);
  unit.state = std::move(state);
  return unit;
}

Result<std::vector<UnitFacts>> observe_units(const std::vector<std::string>& units, SystemManager& systemd,
                                             const MachineFiles& files) {
  std::vector<UnitFacts> all;
  for (const std::string& name : units) {
    TRY_ASSIGN(UnitState state, systemd.unit(name));
    all.push_back(observe_unit(std::move(state), files));
  }
  return all;
}

Machine observe_machine(const std::vector<std::string>& units, const MachineFiles& files) {
  Machine machine;
  machine.memory_cgroup = files.memory_cgroup();
  Result<SystemManager> systemd = SystemManager::connect(systemd_deadline);
  if (systemd.has_value()) {
    machine.target = systemd->unit("sensor-project.target");
    machine.units = observe_units(units, *systemd, files);
  } else {
    machine.target = tl::unexpected<Error>(systemd.error());
    machine.units = tl::unexpected<Error>(systemd.error());
  }
  machine.uptime_us = static_cast<std::uint64_t>(uptime_at(read_clocks().monotonic).count()) * 1'000;
  return machine;
}

Result<AclDifference> observe_acl(const MachineFiles& files, const std::string& configuration) {
  TRY_ASSIGN(const std::string shipped, files.read("/usr/share/sensor-project/acl"));
  TRY_ASSIGN(const std::string present, files.read(configuration + "/acl"));
  return compare_acl(shipped, present);
}

std::string folder_of(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

DatabaseFacts observe_database(const std::string& path, const char* unit, bool has_reserve, const MachineFiles& files,
                               const ObserveOptions& options) {
  DatabaseFacts database;
  database.path = path;
  database.folder = folder_of(path);
  database.unit = unit;
  database.is_there = files.exists(path);
  if (database.is_there) database.check = check_database(options.root + path, options.database_check);
  if (has_reserve) database.has_reserve = files.exists(path + ".reserve");
  return database;
}

/// The root, and what holds the databases, each folder once.
std::vector<DiskFacts> observe_disks(const Installation& installation, const MachineFiles& files) {
  std::vector<DiskFacts> disks;
  for (const std::string& path : {std::string("/"), folder_of(installation.outbox), folder_of(installation.store)}) {
    if (!disks.empty() && disks.back().path == path) continue;
    const bool holds_database = path == folder_of(installation.outbox) || path == folder_of(installation.store);
    disks.push_back({path, files.is_read_only(path), files.space(path),
                     holds_database ? files.storage_risk(path) : Result<std::string>{}});
  }
  return disks;
}

/// One that two services name is one.
std::vector<CertificateFacts> observe_certificates(const std::vector<CertificateFile>& files, const std::string& root) {
  std::vector<CertificateFacts> all;
  for (const CertificateFile& file : files) {
    const auto is_same = [&file](const CertificateFacts& other) { return other.file.path == file.path; };
    if (std::any_of(all.begin(), all.end(), is_same)) continue;
    const Result<SmallFile> pem = read_small_file(root + file.path, largest_certificates);
    all.push_back({file, pem.has_value() ? certificate_ends(pem->text) : tl::unexpected<Error>(pem.error())});
  }
  return all;
}

Result<JournalFacts> observe_journal(const std::vector<std::string>& units, WallTime now) {
  TRY_ASSIGN(const JournalErrors errors, read_journal_errors(units, now - journal_span, journal_deadline));
  return JournalFacts{errors.count, errors.newest, journal_span};
}

bool is_this_machine(const std::string& host) { return host == "127.0.0.1" || host == "::1" || host == "localhost"; }

}  // namespace

Facts observe(const ObserveOptions& options) {
  const MachineFiles files(options.root);
  const Installation installation = read_installation(options.root + options.configuration);
  sensorctl::BrokerAccess access = options.access;
  if (access.node.empty()) access.node = installation.node;
  const std::vector<std::string> units = units_of(installation);
  Facts facts;
  facts.broker = watch_broker(access, services_of(installation), installation.status_interval);
  facts.broker_is_local = is_this_machine(access.host);
  facts.acl = observe_acl(files, options.configuration);
  facts.disks = observe_disks(installation, files);
  facts.databases = {observe_database(installation.outbox, "sensor-publisher.service", installation.outbox_has_reserve,
                                      files, options),
                     observe_database(installation.store, "sensor-persistence.service", installation.store_has_reserve,
                                      files, options)};
  facts.certificates = observe_certificates(installation.certificates, options.root);
  facts.power = files.power();
  facts.default_route = files.default_route();
  trust_clock(ClockTrust::kernel);
  const Now now = read_clocks();
  facts.now = now.wall;
  facts.clock = {now.clock_synced, installation.clock_is_trusted};
  facts.journal = observe_journal(units, now.wall);
  // Last, so that what is said of units is no older than what is said of their statuses.
  facts.machine = observe_machine(units, files);
  return facts;
}

}  // namespace sensors::doctor

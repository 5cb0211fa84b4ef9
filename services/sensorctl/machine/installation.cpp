#include "services/sensorctl/machine/installation.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "common/core/bridge_name.hpp"
#include "common/runtime/config_file.hpp"
#include "common/runtime/service_config.hpp"
#include "common/runtime/small_file.hpp"
#include "services/sensorctl/doctor/certificates.hpp"

namespace sensors::doctor {
namespace {

constexpr Millis shortest_interval{100};
constexpr Millis longest_interval{600'000};
constexpr std::size_t largest_broker_file = 1024 * 1024;
constexpr std::size_t most_named_bridges = 32;
constexpr std::int64_t largest_reserve = 1'073'741'824;

bool has_reserve(ConfigTable table) {
  std::int64_t bytes = 1;
  table.read("reserve_bytes", bytes, 0, largest_reserve);
  return bytes > 0;
}

/// The default where it is not said.
Millis interval_of(ConfigTable root) {
  Millis interval = Installation{}.status_interval;
  root.read("status_interval", interval, shortest_interval, longest_interval);
  return interval;
}

void add_certificate(ConfigTable table, const char* key, CertificateFile file, std::vector<CertificateFile>& all) {
  table.read(key, file.path);
  if (!file.path.empty()) all.push_back(std::move(file));
}

void add_broker_authority(ConfigTable root, const std::string& service, std::vector<CertificateFile>& all) {
  add_certificate(root.table("mqtt"), "ca_file", {"", service + " knows the broker by it", service, true}, all);
}

void add_certificates_of_bridge(ConfigTable root, const std::string& bridge, std::vector<CertificateFile>& all) {
  add_broker_authority(root, bridge, all);
  add_certificate(root.table("destination"), "ca_file", {"", "the bridge knows the API by it", bridge, true}, all);
  add_certificate(root.table("http"), "certificate_file", {"", "the bridge shows it to its clients", bridge}, all);
}

}  // namespace

std::vector<std::string> named_bridges_in(const std::string& folder) {
  constexpr std::string_view ending = ".toml";
  const std::string begin = std::string(bridge_service) + '@';
  std::set<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string file = entry->path().filename().string();
    if (!file.starts_with(begin) || !file.ends_with(ending) || names.size() >= most_named_bridges) continue;
    const std::string name = file.substr(begin.size(), file.size() - begin.size() - ending.size());
    if (is_bridge_name(name)) names.insert(name);
  }
  return {names.begin(), names.end()};
}

Installation read_installation(const std::string& folder) {
  Installation installation;
  std::vector<Millis> intervals;
  if (Result<ConfigFile> file = ConfigFile::load(folder + "/sensor-publisher.toml"); file.has_value()) {
    ConfigTable outbox = file->root().table("outbox");
    outbox.read("path", installation.outbox);
    installation.outbox_has_reserve = has_reserve(outbox);
    read_service_config(file->root(), "sensor-publisher", installation.node);
    intervals.push_back(interval_of(file->root()));
    add_broker_authority(file->root(), "sensor-publisher", installation.certificates);
  }
  if (Result<ConfigFile> file = ConfigFile::load(folder + "/sensor-persistence.toml"); file.has_value()) {
    ConfigTable store = file->root().table("store");
    store.read("path", installation.store);
    installation.store_has_reserve = has_reserve(store);
    installation.clock_is_trusted = read_clock_trust(file->root().table("clock")) == ClockTrust::always;
    intervals.push_back(interval_of(file->root()));
    add_broker_authority(file->root(), "sensor-persistence", installation.certificates);
  }
  if (Result<ConfigFile> file = ConfigFile::load(folder + "/sensor-alerts.toml"); file.has_value()) {
    installation.has_alerts = true;
    intervals.push_back(interval_of(file->root()));
    add_broker_authority(file->root(), "sensor-alerts", installation.certificates);
  }
  installation.named_bridges = named_bridges_in(folder);
  std::vector<std::string> bridges{std::string(bridge_service)};
  for (const std::string& name : installation.named_bridges) bridges.push_back(unit_name_of(bridge_service_of(name)));
  for (const std::string& bridge : bridges) {
    Result<ConfigFile> file = ConfigFile::load(fmt::format("{}/{}.toml", folder, bridge));
    if (!file.has_value()) continue;
    intervals.push_back(interval_of(file->root()));
    add_certificates_of_bridge(file->root(), bridge, installation.certificates);
  }
  if (Result<SmallFile> broker = read_small_file(folder + "/mosquitto.conf", largest_broker_file); broker.has_value()) {
    for (CertificateFile& file : certificates_of_broker(broker->text))
      installation.certificates.push_back(std::move(file));
  }
  if (!intervals.empty()) installation.status_interval = *std::max_element(intervals.begin(), intervals.end());
  return installation;
}

Budget read_budget(ConfigFile& file) {
  Budget budget;
  ConfigTable root = file.root();
  root.read("actions_per_hour", budget.actions_per_hour, 0, 60);
  root.read("restarts_per_hour", budget.restarts_per_hour, 0, 60);
  root.read("reboot", budget.reboot);
  root.read("reboots_per_day", budget.reboots_per_day, 1, 24);
  return budget;
}

Result<Budget> read_budget(const std::string& path) {
  Result<ConfigFile> file = ConfigFile::load(path);
  if (!file.has_value() && file.error().code == ErrorCode::not_found) return Budget{};
  TRY(file);
  Budget budget = read_budget(*file);
  TRY(file->finish());
  return budget;
}

}  // namespace sensors::doctor

#include "services/sensorctl/machine/installation.hpp"

#include <algorithm>
#include <vector>

#include "common/runtime/config_file.hpp"
#include "common/runtime/service_config.hpp"
#include "common/runtime/small_file.hpp"
#include "services/sensorctl/doctor/certificates.hpp"

namespace sensors::doctor {
namespace {

constexpr Millis shortest_interval{100};
constexpr Millis longest_interval{600'000};
constexpr std::size_t largest_broker_file = 1024 * 1024;
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

void add_certificates_of_bridge(ConfigTable root, std::vector<CertificateFile>& all) {
  const std::string bridge = "sensor-http-bridge";
  add_broker_authority(root, bridge, all);
  add_certificate(root.table("destination"), "ca_file", {"", "the bridge knows the API by it", bridge, true}, all);
  add_certificate(root.table("http"), "certificate_file", {"", "the bridge shows it to its clients", bridge}, all);
}

}  // namespace

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
  if (Result<ConfigFile> file = ConfigFile::load(folder + "/sensor-http-bridge.toml"); file.has_value()) {
    intervals.push_back(interval_of(file->root()));
    add_certificates_of_bridge(file->root(), installation.certificates);
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

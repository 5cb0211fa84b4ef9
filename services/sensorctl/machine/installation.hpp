// Installation is what the doctor must know of how the services are set up here: from their configuration files, with
// their defaults where there is none. Start-up, one thread.
#pragma once

#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "common/runtime/config_file.hpp"
#include "services/sensorctl/doctor/facts.hpp"
#include "services/sensorctl/doctor/plan.hpp"

namespace sensors::doctor {

struct Installation {
  std::string outbox = "/var/lib/sensor-project/publisher/outbox.db";
  std::string store = "/var/lib/sensor-project/persistence/store.db";
  bool outbox_has_reserve = true;
  bool store_has_reserve = true;
  std::string node;                // empty: not known
  Millis status_interval{10'000};  // the longest of all
  bool clock_is_trusted = false;
  bool has_alerts = false;                      // sensor-alerts has a file
  std::vector<std::string> named_bridges{};     // the names of those that have a file, in order; at most 32
  std::vector<CertificateFile> certificates{};  // that the services name, and the broker
};

/// Of the services' files and mosquitto.conf in `folder`, "/etc/sensor-project". One that is not there, or that has
/// mistakes, is as good as its defaults: whether it is right is for the service to say.
Installation read_installation(const std::string& folder);

/// NAME of each sensor-http-bridge@NAME.toml in `folder`, in order; at most 32.
std::vector<std::string> named_bridges_in(const std::string& folder);

/// The table of all keys of sensor-recover.toml. Mistakes are collected in `file`.
Budget read_budget(ConfigFile& file);

/// sensor-recover.toml; the defaults when it is not there. Errors of ConfigFile.
Result<Budget> read_budget(const std::string& path);

}  // namespace sensors::doctor

#include "services/sensorctl/doctor/certificates.hpp"

#include <array>

namespace sensors::doctor {
namespace {

struct BrokerKey {
  std::string_view name;
  const char* use;
  bool is_authority;
};

constexpr std::array<BrokerKey, 4> broker_keys{{
    {"certfile", "the broker shows it to its clients", false},
    {"cafile", "the broker knows its clients by it", true},
    {"bridge_certfile", "the broker shows it to another broker", false},
    {"bridge_cafile", "the broker knows another broker by it", true},
}};

constexpr const char* blanks = " \t\r";

}  // namespace

std::vector<CertificateFile> certificates_of_broker(std::string_view mosquitto_conf) {
  std::vector<CertificateFile> files;
  while (!mosquitto_conf.empty()) {
    const std::size_t end = mosquitto_conf.find('\n');
    const std::string_view line = mosquitto_conf.substr(0, end);
    mosquitto_conf.remove_prefix(end == std::string_view::npos ? mosquitto_conf.size() : end + 1);
    const std::size_t blank = line.find_first_of(blanks);
    const std::size_t value = line.find_first_not_of(blanks, blank);
    if (blank == std::string_view::npos || value == std::string_view::npos) continue;
    for (const BrokerKey& key : broker_keys) {
      if (line.substr(0, blank) != key.name) continue;
      const std::size_t last = line.find_last_not_of(blanks);
      files.push_back({std::string(line.substr(value, last + 1 - value)), key.use, "sensor-broker", key.is_authority});
    }
  }
  return files;
}

}  // namespace sensors::doctor

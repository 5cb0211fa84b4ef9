#include "services/sensorctl/doctor/certificates.hpp"

#include <array>
#include <chrono>

#include <fmt/format.h>

#include "common/codec/time_text.hpp"

namespace sensors::doctor {
namespace {

constexpr std::chrono::days soon{14};

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

/// Of an authority there may be several: what the newest signed is still taken.
WallTime end_of(const CertificateFacts& certificate) {
  return certificate.file.is_authority ? certificate.ends->last : certificate.ends->first;
}

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

Finding check_certificate(const CertificateFacts& certificate, WallTime now) {
  const CertificateFile& file = certificate.file;
  if (!certificate.ends.has_value()) return unknown("certificate", file.path, certificate.ends.error());
  const WallTime end = end_of(certificate);
  const std::string date = time_text(end).substr(0, 10);
  const std::string advice =
      fmt::format("{}, then systemctl {} {}", file.is_authority ? "get the authority's new one" : "renew it",
                  file.is_authority ? "restart" : "reload", file.unit);
  if (end <= now) return critical("certificate", file.path, fmt::format("ended on {}; {}", date, file.use), advice);
  if (end - now < soon) {
    return warning("certificate", file.path,
                   fmt::format("ends on {}, in {} days; {}", date,
                               std::chrono::floor<std::chrono::days>(end - now).count(), file.use),
                   advice);
  }
  return ok("certificate", file.path, "is valid until " + date);
}

}  // namespace sensors::doctor

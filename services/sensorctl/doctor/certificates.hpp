// Which certificates this installation uses, and whether they end soon: what a certificate that has ended stops, it
// stops for every client at once. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/sensorctl/doctor/facts.hpp"
#include "services/sensorctl/doctor/finding.hpp"

namespace sensors::doctor {

/// Those that mosquitto.conf(5) names: of listeners, of bridges, and the authorities that sign them.
std::vector<CertificateFile> certificates_of_broker(std::string_view mosquitto_conf);

/// Critical when it has ended; a warning 14 days before, as the bridge does in its log.
Finding check_certificate(const CertificateFacts& certificate, WallTime now);

}  // namespace sensors::doctor

// Which certificates the broker of this installation uses. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/sensorctl/doctor/facts.hpp"

namespace sensors::doctor {

/// Those that mosquitto.conf(5) names: of listeners, of bridges, and the authorities that sign them.
std::vector<CertificateFile> certificates_of_broker(std::string_view mosquitto_conf);

}  // namespace sensors::doctor

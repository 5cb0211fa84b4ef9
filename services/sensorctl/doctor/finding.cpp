#include "services/sensorctl/doctor/finding.hpp"

#include <algorithm>
#include <utility>

namespace sensors::doctor {

const char* name_of(Severity severity) {
  switch (severity) {
    case Severity::ok: return "ok";
    case Severity::unknown: return "unknown";
    case Severity::warning: return "warning";
    case Severity::critical: return "critical";
  }
  return "unknown";
}

const char* name_of(Remedy::Kind kind) {
  switch (kind) {
    case Remedy::Kind::restart: return "restart";
    case Remedy::Kind::release: return "release";
    case Remedy::Kind::reboot: return "reboot";
  }
  return "unknown";
}

Finding ok(std::string check, std::string object, std::string what) {
  return {std::move(check), Severity::ok, std::move(object), std::move(what), {}, std::nullopt};
}

Finding warning(std::string check, std::string object, std::string what, std::string advice) {
  return {std::move(check), Severity::warning, std::move(object), std::move(what), std::move(advice), std::nullopt};
}

Finding critical(std::string check, std::string object, std::string what, std::string advice) {
  return {std::move(check), Severity::critical, std::move(object), std::move(what), std::move(advice), std::nullopt};
}

Finding unknown(std::string check, std::string object, const Error& error) {
  std::string advice = error.code == ErrorCode::permission ? "run it as root" : "";
  return {std::move(check),  Severity::unknown, std::move(object), "cannot be checked: " + error.message,
          std::move(advice), std::nullopt};
}

Severity worst(const Findings& findings) {
  Severity severity = Severity::ok;
  for (const Finding& finding : findings) severity = std::max(severity, finding.severity);
  return severity;
}

}  // namespace sensors::doctor

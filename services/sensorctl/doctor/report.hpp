// The doctor's report, for people and for programs. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/core/time.hpp"
#include "services/sensorctl/doctor/finding.hpp"

namespace sensors::doctor {

/// What --recover did, as sentences.
struct Recovery {
  std::vector<std::string> done;
  std::vector<std::string> failed;
  std::vector<std::string> withheld;
};

/// The worst first, each with what to do; those that are ok only with `all`, else as a number.
std::string human_report(const Findings& findings, bool all);
std::string human_report(const Recovery& recovery);

/// {"severity":"warning","time":"...","findings":[{"check":"disk","severity":"warning","object":"/","what":"...",
///  "advice":"...","remedy":{"kind":"restart","object":"..."}}],"recovery":{"done":[],"failed":[],"withheld":[]}}
/// `remedy` only where there is one, `recovery` only with --recover.
std::string json_report(const Findings& findings, const std::optional<Recovery>& recovery, WallTime now);

/// 0 ok, 10 something could not be checked, 11 warnings, 12 critical; sensorctl(1) promises these.
int exit_code_of(Severity severity);

}  // namespace sensors::doctor

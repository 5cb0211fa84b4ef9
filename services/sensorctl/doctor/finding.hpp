// A Finding is what the doctor says about one object: how bad it is, what was seen, and what to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/core/result.hpp"

namespace sensors::doctor {

enum class Severity { ok, unknown, warning, critical };  // ascending
const char* name_of(Severity severity);

/// What --recover may do about it.
struct Remedy {
  enum class Kind {
    restart,  // the unit `object`
    release,  // delete the reserve file `object`, so that its service finds room to start
    reboot,   // the machine `object`; never proposed by a check, only by the plan, where the owner allows it
  };
  Kind kind;
  std::string object;
  bool operator==(const Remedy&) const = default;
};
const char* name_of(Remedy::Kind kind);

struct Finding {
  std::string check;  // "watchdog": the kind of check
  Severity severity = Severity::ok;
  std::string object;  // "sensor-publisher.service"
  std::string what;    // "stopped by a signal"
  std::string advice;  // what a person can do; empty when ok
  std::optional<Remedy> remedy;
};
using Findings = std::vector<Finding>;

Finding ok(std::string check, std::string object, std::string what);
Finding warning(std::string check, std::string object, std::string what, std::string advice);
Finding critical(std::string check, std::string object, std::string what, std::string advice);

/// The check could not be made, because of `error`.
Finding unknown(std::string check, std::string object, const Error& error);

/// The worst severity; ok when there is none.
Severity worst(const Findings& findings);

}  // namespace sensors::doctor

// `sensorctl doctor`: looks at everything, says what is wrong, and with --recover does what it may about it.
#pragma once

#include <optional>

#include "services/sensorctl/machine/observe.hpp"
#include "services/sensorctl/machine/recover.hpp"

namespace sensors::doctor {

struct DoctorOptions {
  ObserveOptions observe;
  RecoverOptions recover;
  bool recovers = false;
  bool json = false;
  bool all = false;  // says also what is ok
};

/// Prints the report and returns its exit code; exit_trouble when it could not recover.
int run_doctor(const DoctorOptions& options);

}  // namespace sensors::doctor

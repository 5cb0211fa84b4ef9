// Runs a program of the system and takes what it says. Blocks its caller, for a limited time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors::bundle {

struct ProgramLimits {
  Millis deadline{30'000};
  std::size_t output_bytes = 8 * 1024 * 1024;
};

struct ProgramOutput {
  std::string text;   // stdout and stderr together
  int exit_code = 0;  // or 128 + the signal that ended it
};

/// Runs `command`, found in PATH, with nothing on stdin and the locale C. not_found when it cannot be started; timeout
/// when it was killed at its deadline. Beyond `output_bytes` it is killed, and what it said until then is the output.
Result<ProgramOutput> run_program(const std::vector<std::string>& command, ProgramLimits limits = {});

}  // namespace sensors::bundle

// The command line of sensorctl: a verb, its options, and how to reach the broker. CLI11 stays in the .cpp.
#pragma once

#include <functional>
#include <optional>

namespace sensors::sensorctl {

struct CommandLine {
  std::function<int()> run;      // carries out the verb; its exit code
  std::optional<int> exit_code;  // set instead when the program should end now: help, version, a mistake
};

/// Prints help, version or what is wrong.
CommandLine parse_command_line(int argc, char** argv);

}  // namespace sensors::sensorctl

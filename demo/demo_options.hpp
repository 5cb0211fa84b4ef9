// What the demo is told on its command line. CLI11 stays in the .cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/core/time.hpp"

namespace sensors::demo {

struct DemoOptions {
  std::optional<Millis> run_for;  // nothing: until Ctrl-C
  bool json = false;              // no table, one JSON object on stdout at the end
  std::string keep;               // folder to use and keep; empty: a temporary one
  bool chaos = false;             // kills a random part every 2 s
  std::uint64_t seed = 0;         // of the chaos
};

/// An exit code when the program should end now.
struct DemoCommandLine {
  DemoOptions options;
  std::optional<int> exit_code;
};
DemoCommandLine parse_demo_command_line(int argc, char** argv);

}  // namespace sensors::demo

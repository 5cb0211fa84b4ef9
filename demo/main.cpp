// sensor_demo: `sensorctl demo` and ./dev demo. Exits 1 when a reading was lost or doubled, or something could not be
// started.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "demo/demo.hpp"

int main(int argc, char** argv) {
  using namespace sensors::demo;
  const DemoCommandLine arguments = parse_demo_command_line(argc, argv);
  if (arguments.exit_code.has_value()) return *arguments.exit_code;
  end_demo_on_signals();
  try {
    return Demo(arguments.options).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sensorctl demo: %s\n", error.what());
    return EXIT_FAILURE;
  }
}

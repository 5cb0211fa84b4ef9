// sensor_demo: `sensorctl demo` and ./dev demo. Exits 1 when a reading was lost or doubled, or something could not be
// started.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "common/runtime/standard_streams.hpp"
#include "demo/demo.hpp"

namespace {

/// All that it talks to is on this machine, and Paho and libcurl would go there through the proxy that a shell has for
/// others.
void forget_proxies() {
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"}) ::unsetenv(name);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace sensors::demo;
  sensors::hold_standard_streams();
  forget_proxies();
  const DemoCommandLine arguments = parse_demo_command_line(argc, argv);
  if (arguments.exit_code.has_value()) return sensors::with_stdout_written(*arguments.exit_code, "sensorctl demo");
  end_demo_on_signals();
  try {
    return sensors::sensorctl::with_all_said(Demo(arguments.options).run());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sensorctl demo: %s\n", error.what());
    return EXIT_FAILURE;
  }
}

// sensorctl: the operator's command line.
#include "common/runtime/log.hpp"
#include "common/runtime/standard_streams.hpp"
#include "services/sensorctl/command_line.hpp"
#include "services/sensorctl/shell/terminal.hpp"

int main(int argc, char** argv) {
  using namespace sensors::sensorctl;  // NOLINT(google-build-using-namespace): a main has no includers
  sensors::hold_standard_streams();
  sensors::start_log("sensorctl", sensors::LogLevel::warning);
  const CommandLine command_line = parse_command_line(argc, argv);
  const int code = command_line.exit_code.has_value() ? *command_line.exit_code : command_line.run();
  return with_all_said(sensors::with_stdout_written(code, "sensorctl"));
}

// sensorctl: the operator's command line.
#include "common/runtime/log.hpp"
#include "services/sensorctl/command_line.hpp"

int main(int argc, char** argv) {
  sensors::start_log("sensorctl", sensors::LogLevel::warning);
  const sensors::sensorctl::CommandLine command_line = sensors::sensorctl::parse_command_line(argc, argv);
  return command_line.exit_code.has_value() ? *command_line.exit_code : command_line.run();
}

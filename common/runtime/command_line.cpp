#include "common/runtime/command_line.hpp"

#include <cstdlib>

#include <CLI/CLI.hpp>

namespace sensors {

CommandLineResult parse_command_line(int argc, char** argv, const std::string& program, const std::string& description,
                                     const std::string& default_config_file) {
  CommandLineResult result;
  result.command_line.config_file = default_config_file;
  CLI::App app(description, program);
  app.add_option("--config", result.command_line.config_file, "Configuration file (TOML)")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_flag("--check-config", result.command_line.check_config,
               "Check the configuration, say what is wrong, and end");
  app.set_version_flag("--version", program + " " + SENSOR_PROJECT_VERSION, "Print the version and end");
  app.set_help_flag("--help,-h", "Print this help and end");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool is_mistake = app.exit(error) != 0;
    result.exit_code = is_mistake ? exit_bad_configuration : EXIT_SUCCESS;
  }
  return result;
}

}  // namespace sensors

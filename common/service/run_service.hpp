// What every service's main() does: command line, log, configuration, --check-config. Start-up, one thread.
#pragma once

#include <string>
#include <utility>

#include "common/core/result.hpp"
#include "common/runtime/command_line.hpp"
#include "common/runtime/files_check.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/service_config.hpp"
#include "common/runtime/standard_streams.hpp"
#include "common/runtime/unit_files.hpp"

namespace sensors {

/// `Config` is a ServiceConfig.
template <class Config>
struct ServiceProgram {
  std::string name;
  std::string purpose;                                             // a sentence, for --help
  std::string config_file;                                         // without --config
  Result<Config> (*load)(const std::string& path);                 // every mistake in the file, one a line
  void (*look_at_files)(const Config& config, FilesCheck& files);  // beside those of [mqtt]
  int (*run)(Config config);                                       // until the service ends; its exit code
};

/// The exit code of the service.
template <class Config>
int run_service(int argc, char** argv, const ServiceProgram<Config>& program) {
  hold_standard_streams();
  const CommandLineResult parsed = parse_command_line(argc, argv, program.name, program.purpose, program.config_file);
  if (parsed.exit_code.has_value()) return with_stdout_written(*parsed.exit_code, program.name);
  const std::string& file = parsed.command_line.config_file;
  start_log(program.name, LogLevel::info);
  Result<Config> config = program.load(file);
  if (!config.has_value()) {
    log_lines(LogLevel::error, config.error().message);
    return exit_bad_configuration;
  }
  start_log(program.name, config->log_level);
  for (const std::string& warning : config->warnings) log(LogLevel::warning, warning);
  for (const std::string& note : config->notes) log(LogLevel::info, note);
  if (!parsed.command_line.check_config) return program.run(std::move(*config));
  FilesCheck files(file, program.name, sandbox_for(file, program.name));
  files.look_at(config->mqtt);
  program.look_at_files(*config, files);
  return tell_checked(files.finish());
}

/// Logs why the service cannot start; its exit code.
int refuse_to_start(const Error& error);

}  // namespace sensors

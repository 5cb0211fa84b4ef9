// A service's configuration is NAME.toml in the test's folder, its log NAME.log.
#include "tests/rig/service.hpp"

#include <utility>

#include "tests/rig/programs.hpp"

namespace sensors::rig {
namespace {

constexpr Millis check_deadline{30'000};

Process::Options process_options(const TempDir& folder, const Service::Options& service) {
  Process::Options options;
  options.name = service.name;
  options.command = {program_path(service.program), "--config", folder.file(service.name + ".toml")};
  options.environment = service.environment;
  options.log_file = folder.file(service.name + ".log");
  return options;
}

}  // namespace

Service::Service(const TempDir& folder, Options options)
    : folder_(folder), config_(options.config), process_(process_options(folder, options)) {}

void Service::start() {
  folder_.write(name() + ".toml", config_.text());
  process_.start();
}

ConfigCheck check_config(const TempDir& folder, const std::string& program, const std::string& config) {
  Process::Options options;
  options.name = program + " --check-config";
  const std::string file = folder.write("check-" + program + ".toml", config);
  options.command = {program_path(program), "--config", file, "--check-config"};
  options.log_file = folder.file("check-" + program + ".log");
  folder.write("check-" + program + ".log", "");
  Process process(options);
  process.start();
  const std::optional<int> code = process.wait_exit(check_deadline);
  return {code, read_file(options.log_file), file};
}

}  // namespace sensors::rig

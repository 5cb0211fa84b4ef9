// Service is one of the three services as a test runs it: its configuration file, its process, its end.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "tests/rig/config_text.hpp"
#include "tests/rig/process.hpp"
#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {

class Service {
 public:
  struct Options {
    std::string program;  // "sensor-publisher", ...
    std::string name;     // of its files and messages; differs where a program runs twice
    ConfigText config;
    std::vector<std::string> environment;  // "NAME=value"
  };

  /// Starts nothing yet. `folder` must outlive it.
  Service(const TempDir& folder, Options options);

  /// Writes the configuration file and starts the program.
  void start();

  /// The configuration for the next start.
  ConfigText& config() { return config_; }

  /// SIGTERM; the exit code, or nothing when it had to be killed after 10 s.
  std::optional<int> stop() { return process_.stop(Millis{10'000}); }
  void kill() { process_.kill(); }
  void freeze() { process_.signal(SIGSTOP); }
  void thaw() { process_.signal(SIGCONT); }

  const std::string& name() const { return process_.options().name; }
  Process& process() { return process_; }

  /// Everything that it has written to stderr.
  std::string log() const { return read_file(process_.options().log_file); }

 private:
  const TempDir& folder_;
  ConfigText config_;
  Process process_;
};

/// What `program --config FILE --check-config` says about `config`.
struct ConfigCheck {
  std::optional<int> exit_code;
  std::string output;
  std::string file;
};
ConfigCheck check_config(const TempDir& folder, const std::string& program, const std::string& config);

}  // namespace sensors::rig

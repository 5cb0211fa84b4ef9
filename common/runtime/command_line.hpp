// The command line that the three services share. CLI11 stays in the .cpp.
#pragma once

#include <optional>
#include <string>

namespace sensors {

inline constexpr int exit_bad_configuration = 78;  // EX_CONFIG of sysexits.h; systemd does not restart on it

/// EX_UNAVAILABLE of sysexits.h: another process has the outbox, the store or the state folder. systemd does not
/// restart on it, and sensor-recover.timer tries again.
inline constexpr int exit_in_use = 69;

struct CommandLine {
  std::string config_file;
  bool check_config = false;
};

/// Parses `--config FILE`, `--check-config`, `--help` and `--version`. Returns an exit code when the program should
/// end now (help, version, a mistake), having printed why.
struct CommandLineResult {
  CommandLine command_line;
  std::optional<int> exit_code;
};
CommandLineResult parse_command_line(int argc, char** argv, const std::string& program, const std::string& description,
                                     const std::string& default_config_file);

}  // namespace sensors

// The paths of this build's programs are compiled in, as CMake knows them.
#include "tests/rig/programs.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <sstream>

#include "tests/rig/rig_error.hpp"

namespace sensors::rig {
namespace {

bool can_run(const std::string& path) { return !path.empty() && access(path.c_str(), X_OK) == 0; }

std::string environment_name(const std::string& program) {
  std::string name = program + "_PROGRAM";
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char character) {
    return character == '-' ? '_' : static_cast<char>(std::toupper(character));
  });
  return name;
}

std::string built_program(const std::string& name) {
  static const std::map<std::string, std::string> built{{"sensor-publisher", RIG_SENSOR_PUBLISHER},
                                                        {"sensor-persistence", RIG_SENSOR_PERSISTENCE},
                                                        {"sensor-http-bridge", RIG_SENSOR_HTTP_BRIDGE},
                                                        {"sensorctl", RIG_SENSORCTL},
                                                        {"reference_api", RIG_REFERENCE_API}};
  const auto found = built.find(name);
  return found == built.end() ? std::string() : found->second;
}

/// PATH, and the folders for administrators, which are not in a user's PATH on Debian.
std::string system_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path == nullptr ? "" : path) + ":/usr/sbin:/usr/bin:/usr/local/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (can_run(folder + "/" + name)) return folder + "/" + name;
  }
  return {};
}

}  // namespace

std::string program_path(const std::string& name) {
  const std::string variable = environment_name(name);
  if (const char* given = std::getenv(variable.c_str()); given != nullptr) {
    if (can_run(given)) return given;
    throw RigError(variable + "=" + given + ": not a program that can be run");
  }
  if (const std::string built = built_program(name); !built.empty()) {
    if (can_run(built)) return built;
    throw RigError(built + ": not built; build the target " + name + ", or name the program in " + variable);
  }
  if (const std::string path = system_program(name); !path.empty()) return path;
  throw RigError(name + ": not found; install the Debian packages (./dev deps), or name the program in " + variable);
}

std::string source_path(const std::string& relative) { return std::string(RIG_SOURCE_DIR) + "/" + relative; }

}  // namespace sensors::rig

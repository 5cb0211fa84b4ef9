// Ours are found from where this program itself is: in a build, or below the prefix of an installation.
#include "tests/rig/programs.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "tests/rig/rig_error.hpp"

namespace sensors::rig {
namespace {

namespace fs = std::filesystem;

constexpr std::array ours{"sensor-publisher", "sensor-persistence", "sensor-http-bridge",
                          "sensor-alerts",    "sensorctl",          "reference_api"};

bool can_run(const std::string& path) { return !path.empty() && access(path.c_str(), X_OK) == 0; }

std::string environment_name(const std::string& program) {
  std::string name = program + "_PROGRAM";
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char character) {
    return character == '-' ? '_' : static_cast<char>(std::toupper(character));
  });
  return name;
}

/// The folder that all of ours is in: build/dev, or /usr.
const fs::path& root() {
  static const fs::path found = [] {
    const fs::path self = fs::read_symlink("/proc/self/exe");
    for (fs::path folder = self.parent_path(); folder != folder.root_path(); folder = folder.parent_path()) {
      if (fs::exists(folder / "share/sensor-project/demo")) return folder;
    }
    throw RigError(self.string() +
                   ": is neither in a build nor installed; no folder above it has share/sensor-project/demo");
  }();
  return found;
}

std::string our_program(const std::string& name) {
  for (const char* folder : {"sbin", "bin", "lib/sensor-project"}) {
    if (const std::string path = root() / folder / name; can_run(path)) return path;
  }
  for (const char* folder : {"services", "tests"}) {
    if (const std::string path = root() / folder / name / name; can_run(path)) return path;
  }
  return {};
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
  const bool is_ours = std::find(ours.begin(), ours.end(), name) != ours.end();
  if (const std::string path = is_ours ? our_program(name) : system_program(name); !path.empty()) return path;
  if (is_ours) {
    throw RigError(name + ": is not below " + root().string() + "; build the target " + name +
                   ", or name the program in " + variable);
  }
  throw RigError(name + ": not found; install the Debian package that has it, or name the program in " + variable);
}

std::string shared_path(const std::string& relative) { return root() / "share/sensor-project/demo" / relative; }

}  // namespace sensors::rig

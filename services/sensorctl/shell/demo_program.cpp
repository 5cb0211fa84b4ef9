#include "services/sensorctl/shell/demo_program.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/shell/terminal.hpp"

namespace sensors::sensorctl {

namespace {

/// From the folder of sensorctl: as they are installed below one prefix, and as they are built.
constexpr const char* installed = "../lib/sensor-project/sensor_demo";
constexpr const char* built = "../../demo/sensor_demo";

std::string demo_program() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {installed, built}) {
    std::string path = (folder / place).lexically_normal();
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return (folder / installed).lexically_normal();
}

}  // namespace

int become_demo(const std::vector<std::string>& arguments) {
  const std::string program = demo_program();
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  ::execv(program.c_str(), words.data());
  complain("demo: " + program + ": " + std::strerror(errno) +
           "; it is part of the package sensor-project, and in a build the target sensor_demo");
  return exit_trouble;
}

}  // namespace sensors::sensorctl

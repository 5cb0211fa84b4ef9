#include "tests/peers/curl.hpp"

#include <filesystem>

#include "tests/rig/process.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_error.hpp"

namespace sensors::rig {

std::string curl(const TempDir& folder, const std::vector<std::string>& arguments) {
  Process::Options options;
  options.name = "curl";
  options.command = {program_path("curl"), "--silent", "--show-error", "--fail-with-body", "--max-time", "30"};
  options.command.insert(options.command.end(), arguments.begin(), arguments.end());
  options.log_file = folder.file("curl.log");
  options.output_file = folder.file("curl.out");
  std::filesystem::remove(options.output_file);
  Process process(options);
  process.start();
  const std::optional<int> code = process.wait_exit(Millis{40'000});
  std::string output = read_file(options.output_file);
  if (code != 0) throw RigError("curl " + arguments.back() + ": " + output + "\n" + read_file(options.log_file));
  return output;
}

}  // namespace sensors::rig

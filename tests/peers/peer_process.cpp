#include "tests/peers/peer_process.hpp"

#include <utility>

#include "tests/rig/programs.hpp"
#include "tests/rig/rig_error.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {
namespace {

constexpr Millis start_deadline{30'000};

Process::Options options_of(const TempDir& folder, std::vector<std::string> command) {
  Process::Options options;
  options.name = command.front();
  options.log_file = folder.file(options.name + ".log");
  command.front() = program_path(options.name);
  options.command = std::move(command);
  return options;
}

}  // namespace

PeerProcess::PeerProcess(const TempDir& folder, std::vector<std::string> command, std::uint16_t port)
    : port_(port), process_(options_of(folder, std::move(command))) {}

void PeerProcess::start() {
  process_.start();
  const bool listening =
      comes_true(start_deadline, [this] { return accepts_connections(port_) || !process_.running(); });
  if (listening && process_.running()) return;
  throw RigError(process_.options().name + " does not listen on port " + std::to_string(port_) + ":\n" +
                 read_file(process_.options().log_file));
}

}  // namespace sensors::rig

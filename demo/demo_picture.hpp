// How the demo is told while it runs: a picture that is drawn again and again on a terminal, a line elsewhere. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/core/reading.hpp"
#include "common/core/time.hpp"

namespace sensors::demo {

/// A service, and what it has to do with readings.
struct Part {
  std::string name;
  std::uint64_t readings = 0;
  std::string did;  // what it did with them: "taken"
  std::optional<std::uint64_t> waiting = std::nullopt;
  std::string state = "-";
  std::string breaker = "-";
  std::optional<Millis> pace = std::nullopt;
};

/// Sets state, breaker and pace to what the service says in a status payload; nothing where that cannot be read.
void take_status(Part& part, const std::string& payload);

/// The newest reading of a sensor.
struct Newest {
  std::string node;
  Reading reading;
};

struct View {
  std::string verdict;  // whether all is well, in one line
  std::string page;     // its address
  std::string watch;    // the command that shows everything as it passes
  std::string reach;    // the command that takes the page to the machine that a person sits at; empty: this one
  Millis since_start{0};
  std::vector<Part> parts;
  std::vector<Newest> newest;
  std::string note;  // such as what was killed
};

/// The command for the other machine, to which `ssh_connection` (SSH_CONNECTION of sshd: client, its port, server, its
/// port) leads from here; empty when that is empty or something else.
std::string tunnel_command(const std::string& ssh_connection, const std::string& user, std::uint16_t page_port);

/// Lines of at most 80 columns, and few enough for 24 rows; the verdict first, and the page's address whole in the
/// third.
std::string picture(const View& view, WallTime now);

/// The same, shorter, on one line of any length.
std::string line(const View& view);

}  // namespace sensors::demo

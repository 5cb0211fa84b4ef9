// sd_notify(3): datagrams of NAME=value lines.
#include "tests/rig/notify_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "tests/rig/rig_error.hpp"

namespace sensors::rig {

NotifySocket::NotifySocket(const TempDir& folder)
    : path_(folder.file("notify")), socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) throw RigError(path_ + ": too long for a socket");
  path_.copy(address.sun_path, path_.size());
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw RigError("bind " + path_ + ": " + std::strerror(errno));
  }
}

NotifySocket::~NotifySocket() { close(socket_); }

void NotifySocket::receive() {
  char buffer[4'096];
  for (ssize_t got = recv(socket_, buffer, sizeof buffer, 0); got >= 0; got = recv(socket_, buffer, sizeof buffer, 0)) {
    std::istringstream lines(std::string(buffer, static_cast<std::size_t>(got)));
    for (std::string line; std::getline(lines, line);) take(line);
  }
}

void NotifySocket::take(const std::string& line) {
  if (line == "READY=1") ready_ = true;
  if (line == "WATCHDOG=1") ++pings_;
  if (line.starts_with("STATUS=")) status_ = line.substr(std::strlen("STATUS="));
}

}  // namespace sensors::rig

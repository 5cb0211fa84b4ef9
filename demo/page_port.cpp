// Between looking whether a port is free and the bridge's taking it another demo may look too: hence the claim.
#include "demo/page_port.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <string>

#include "tests/rig/wait.hpp"

namespace sensors::demo {
namespace {

constexpr std::uint16_t first_port = 8090;
constexpr std::uint16_t last_port = 8099;

/// A socket of the abstract namespace (unix(7)) with the port in its name; -1 when another demo has it.
int claim(std::uint16_t port) {
  const std::string name = "sensor-project-demo-page-" + std::to_string(port);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  const int claimed = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (claimed < 0) return -1;
  if (bind(claimed, reinterpret_cast<const sockaddr*>(&address), length) == 0) return claimed;
  close(claimed);
  return -1;
}

}  // namespace

PagePort::PagePort() {
  for (std::uint16_t port = first_port; port <= last_port && number_ == 0; ++port) {
    if (!rig::is_free(port)) continue;
    claim_ = claim(port);
    if (claim_ >= 0) number_ = port;
  }
  if (number_ == 0) number_ = rig::free_port();
}

PagePort::~PagePort() {
  if (claim_ >= 0) close(claim_);
}

}  // namespace sensors::demo

// Waits and ports.
#include "tests/rig/wait.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "tests/rig/loopback.hpp"
#include "tests/rig/rig_error.hpp"

namespace sensors::rig {
namespace {

constexpr Millis tick{10};

std::atomic<bool (*)()> is_given_up{nullptr};  // of the process, as its user is

}  // namespace

bool comes_true(Millis deadline, const std::function<bool()>& condition) {
  const Millis end = monotonic_now() + deadline;
  while (!condition()) {
    if (monotonic_now() >= end) return false;
    std::this_thread::sleep_for(tick);
    if (bool (*const asked)() = is_given_up; asked != nullptr && asked()) return condition();
  }
  return true;
}

void give_up_when(bool (*asked)()) { is_given_up = asked; }

void wait_until(const std::string& what, Millis deadline, const TempDir& folder,
                const std::function<bool()>& condition) {
  if (comes_true(deadline, condition)) return;
  throw RigError(what + ": not within " + std::to_string(deadline.count()) + " ms\n" + folder.log_tails());
}

void let_pass(Millis time) { std::this_thread::sleep_for(time); }

Millis monotonic_now() {
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now().time_since_epoch());
}

bool is_free(std::uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return false;
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  const bool bound = bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const bool listening = bound && listen(listener, 1) == 0;
  close(listener);
  return listening;
}

std::uint16_t free_port() {
  std::random_device entropy;
  std::uniform_int_distribution<int> port(12'000, 32'000);
  for (int tries = 0; tries < 100; ++tries) {
    const auto candidate = static_cast<std::uint16_t>(port(entropy));
    if (is_free(candidate)) return candidate;
  }
  throw RigError("find a free TCP port between 12000 and 32000: 100 tries were all in use");
}

bool accepts_connections(std::uint16_t port) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (client < 0) return false;
  const sockaddr_in address = loopback(port);
  const bool connected = connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(client);
  return connected;
}

}  // namespace sensors::rig

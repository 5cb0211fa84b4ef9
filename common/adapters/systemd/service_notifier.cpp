// The protocol of sd_notify(3), section "Notes": one datagram of assignments to $NOTIFY_SOCKET. libsystemd's own
// sd_notify() waits while the socket's queue is full, and the loop must not: a systemd that hangs would stop the
// readings.
#include "common/adapters/systemd/service_notifier.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace sensors {

namespace {

/// Whether `message` is with systemd; also where there is no systemd to tell. Never blocks.
bool notify(const std::string& message) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return true;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length == 0 || length >= sizeof(address.sun_path)) return true;
  std::memcpy(address.sun_path, path, length);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // the abstract namespace, unix(7)
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  const auto address_length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  const ssize_t sent = ::sendto(socket, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&address), address_length);
  ::close(socket);
  return sent >= 0;
}

}  // namespace

void ServiceNotifier::status(const std::string& text) {
  std::string message = "STATUS=" + text;
  // A line end would start another assignment.
  std::replace_if(
      message.begin(), message.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  if (!ready_) message = "READY=1\n" + message;
  if (notify(message)) ready_ = true;
}

void ServiceNotifier::starts_within(Millis limit) {
  notify("EXTEND_TIMEOUT_USEC=" + std::to_string(std::chrono::microseconds(limit).count()));
}

void ServiceNotifier::alive() { notify("WATCHDOG=1"); }

void ServiceNotifier::stopping() { notify("STOPPING=1"); }

std::optional<Millis> ServiceNotifier::watchdog_interval() {
  std::uint64_t limit_us = 0;
  if (sd_watchdog_enabled(0, &limit_us) <= 0) return std::nullopt;
  const auto half = std::chrono::duration_cast<Millis>(std::chrono::microseconds(limit_us / 2));
  return std::max(half, Millis{1});
}

}  // namespace sensors

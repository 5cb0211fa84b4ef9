#include "services/sensor-publisher/drivers/interrupt.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <system_error>

#include "common/runtime/event_loop.hpp"

namespace sensors {

namespace {

int poll_timeout(Instant until) {
  const auto left = std::chrono::ceil<Millis>(until - read_clocks().monotonic).count();
  return static_cast<int>(std::clamp<Millis::rep>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace

Interrupt::Interrupt() : event_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (event_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd of a sensor driver");
}

Interrupt::~Interrupt() { close(event_fd_); }

void Interrupt::raise() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event_fd_, &one, sizeof one);  // a full counter is raised already
}

void Interrupt::clear() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(event_fd_, &count, sizeof count);  // nothing to read: it was not raised
}

Interrupt::Wake Interrupt::wait(int fd, Instant until) {
  pollfd polled[] = {{event_fd_, POLLIN, 0}, {fd, POLLIN, 0}};  // poll() passes over a negative fd
  for (;;) {
    const int ready = poll(polled, 2, poll_timeout(until));
    if (ready < 0 && errno == EINTR) continue;
    if (polled[0].revents != 0) return Wake::interrupted;
    return ready > 0 ? Wake::readable : Wake::timed_out;
  }
}

}  // namespace sensors

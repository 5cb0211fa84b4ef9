#include "common/adapters/mqtt_paho/broker_reach.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace sensors {

namespace {

constexpr Millis look_round{50};

/// getaddrinfo(3), blocking.
Result<std::vector<SocketAddress>> look_up(const std::string& host, const std::string& port, int flags,
                                           const std::string& host_key) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    return fail(ErrorCode::unresolved, "the name does not resolve: " + std::string(::gai_strerror(error)) + "; check " +
                                           host_key + " and this machine's name server");
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    SocketAddress address;
    address.size = entry->ai_addrlen;
    std::memcpy(&address.address, entry->ai_addr, entry->ai_addrlen);
    addresses.push_back(address);
  }
  ::freeaddrinfo(found);
  return addresses;
}

Result<void> failure_of(int error) {
  if (error == ECONNREFUSED) return fail(ErrorCode::refused, "connection refused; is the broker running?");
  if (error == ETIMEDOUT) return fail(ErrorCode::timeout, "no answer to the connection; is its machine on?");
  return fail(ErrorCode::disconnected, std::generic_category().message(error) + "; check the network");
}

Result<void> try_one(const SocketAddress& peer, Millis deadline) {
  const int fd = ::socket(peer.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return failure_of(errno);
  int error = 0;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&peer.address), peer.size) != 0) {
    error = errno;
    if (error == EINPROGRESS) {
      pollfd polled{fd, POLLOUT, 0};
      socklen_t size = sizeof(error);
      error = ETIMEDOUT;
      if (::poll(&polled, 1, static_cast<int>(deadline.count())) > 0) {
        ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
      }
    }
  }
  ::close(fd);
  return error == 0 ? Result<void>{} : failure_of(error);
}

}  // namespace

struct NameResolver::Lookup {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  Result<std::vector<SocketAddress>> found;
};

Result<std::vector<SocketAddress>> NameResolver::resolve(const std::string& host, int port, Millis deadline,
                                                         const std::string& host_key,
                                                         const std::function<bool()>& stopped) {
  const std::string port_text = std::to_string(port);
  if (auto numeric = look_up(host, port_text, AI_NUMERICHOST, host_key); numeric.has_value()) return numeric;
  if (!lookup_) {
    lookup_ = std::make_shared<Lookup>();
    std::thread([lookup = lookup_, host, port_text, host_key] {
      auto found = look_up(host, port_text, 0, host_key);
      const std::lock_guard lock(lookup->mutex);
      lookup->found = std::move(found);
      lookup->done = true;
      lookup->changed.notify_all();
    }).detach();
  }
  const auto until = std::chrono::steady_clock::now() + deadline;
  std::unique_lock lock(lookup_->mutex);
  while (!lookup_->changed.wait_for(lock, look_round, [this] { return lookup_->done; })) {
    if (stopped()) return fail(ErrorCode::disconnected, "stopping");
    if (std::chrono::steady_clock::now() >= until) {
      return fail(ErrorCode::timeout, "the name server does not answer; check this machine's name server, or give " +
                                          host_key + " as an address");
    }
  }
  auto found = std::move(lookup_->found);
  lock.unlock();
  lookup_.reset();
  return found;
}

Result<void> try_tcp(const std::vector<SocketAddress>& addresses, Millis deadline) {
  Result<void> outcome = fail(ErrorCode::unresolved, "the name has no address");
  for (const SocketAddress& address : addresses) {
    outcome = try_one(address, deadline);
    if (outcome.has_value()) break;
  }
  return outcome;
}

}  // namespace sensors

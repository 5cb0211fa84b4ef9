// A poll() loop. Each connection is two pipes of chunks, each with the time from which it may go on. A pipe that holds
// enough is not read, so that a slow wire slows its sender down, as a network does.
#include "tests/rig/tcp_proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/rig/loopback.hpp"
#include "tests/rig/rig_error.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {
namespace {

constexpr std::size_t most_held_bytes = 64 * 1024;
constexpr Millis drip_interval{50};

bool must_wait(ssize_t result) { return result < 0 && (errno == EAGAIN || errno == EINTR); }

/// A socket that is closed with a reset, so that the other side hears of it at once.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() { reset(); }

  int get() const { return descriptor_; }

  void reset() {
    if (descriptor_ < 0) return;
    const linger at_once{1, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(std::exchange(descriptor_, -1));
  }

 private:
  int descriptor_;
};

/// How the wire is.
struct Condition {
  bool cut = false;
  bool stalled = false;
  Millis delay{0};
  std::size_t bytes_per_s = 0;  // 0: as fast as it goes
};

/// One direction of a connection.
class Pipe {
 public:
  bool wants_bytes() const { return !ended_ && held_ < most_held_bytes; }
  bool is_over() const { return ended_ && chunks_.empty(); }

  /// False when the connection is broken.
  bool read(int from, const Condition& wire, Millis now) {
    std::string bytes(16 * 1024, '\0');
    const ssize_t got = recv(from, bytes.data(), bytes.size(), 0);
    if (must_wait(got)) return true;
    if (got < 0) return false;
    if (got == 0) {
      ended_ = true;
      return true;
    }
    bytes.resize(static_cast<std::size_t>(got));
    held_ += bytes.size();
    chunks_.push_back({now + wire.delay, std::move(bytes)});
    return true;
  }

  /// Sends what is due; the end of the sender's stream is passed on behind it. False when the connection is broken.
  bool write(int to, const Condition& wire, Millis now) {
    std::size_t allowed = allowance(wire, now);
    while (!chunks_.empty() && chunks_.front().due <= now && allowed > 0) {
      std::string& bytes = chunks_.front().bytes;
      const ssize_t sent = send(to, bytes.data(), std::min(bytes.size(), allowed), MSG_NOSIGNAL);
      if (must_wait(sent)) return true;
      if (sent < 0) return false;
      allowed -= static_cast<std::size_t>(sent);
      held_ -= static_cast<std::size_t>(sent);
      bytes.erase(0, static_cast<std::size_t>(sent));
      if (bytes.empty()) chunks_.pop_front();
    }
    if (is_over() && !std::exchange(end_is_passed_on_, true)) shutdown(to, SHUT_WR);
    return true;
  }

  /// Whether the front waits for the receiver and not for its time.
  bool wants_room(Millis now) const { return !chunks_.empty() && chunks_.front().due <= now && now >= next_drip_; }

 private:
  struct Chunk {
    Millis due;
    std::string bytes;
  };

  std::size_t allowance(const Condition& wire, Millis now) {
    if (wire.bytes_per_s == 0) return most_held_bytes;
    if (now < next_drip_ || chunks_.empty()) return 0;
    next_drip_ = now + drip_interval;
    return std::max<std::size_t>(1, wire.bytes_per_s * static_cast<std::size_t>(drip_interval.count()) / 1'000);
  }

  std::deque<Chunk> chunks_;
  std::size_t held_ = 0;
  Millis next_drip_{0};
  bool ended_ = false;
  bool end_is_passed_on_ = false;
};

struct Connection {
  Socket client;
  Socket server;
  Pipe up;
  Pipe down;
  bool half_open = false;
};

}  // namespace

class TcpProxy::Wire {
 public:
  Wire() : port_(free_port()), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    listen_again();
    thread_ = std::thread([this] { run(); });
  }

  ~Wire() {
    change([this] { ends_ = true; });
    thread_.join();
    close(wake_);
  }

  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Runs `work` with the state to itself, and lets the thread look at it.
  void change(const std::function<void()>& work) {
    {
      const std::lock_guard lock(mutex_);
      work();
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
  }

  void set(const Condition& condition) {
    change([&] {
      condition_ = condition;
      if (condition_.cut) {
        listener_.reset();
        connections_.clear();
      } else if (listener_ == nullptr) {
        listen_again();
      }
    });
  }

  void reset_connections() {
    change([this] { connections_.clear(); });
  }

  void half_open_connections() {
    change([this] {
      for (Connection& connection : connections_) {
        connection.half_open = true;
        connection.server.reset();
      }
    });
  }

  std::uint16_t port() const { return port_; }
  void set_target(std::uint16_t port) { target_ = port; }
  std::uint64_t connections() const { return made_; }

 private:
  void listen_again() {
    auto listener = std::make_unique<Socket>(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    setsockopt(listener->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in address = loopback(port_);
    if (bind(listener->get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener->get(), 64) != 0) {
      throw RigError("proxy: listen on port " + std::to_string(port_) + ": " + std::strerror(errno));
    }
    listener_ = std::move(listener);
  }

  void run() {
    for (;;) {
      std::vector<pollfd> waits;
      {
        const std::lock_guard lock(mutex_);
        if (ends_) return;
        waits = what_to_wait_for();
      }
      poll(waits.data(), waits.size(), tick_ms);
      std::uint64_t ignored = 0;
      [[maybe_unused]] const ssize_t got = read(wake_, &ignored, sizeof ignored);
      const std::lock_guard lock(mutex_);
      if (!condition_.stalled && !ends_) move_bytes();
    }
  }

  std::vector<pollfd> what_to_wait_for() const {
    std::vector<pollfd> waits{{wake_, POLLIN, 0}};
    if (condition_.stalled) return waits;
    if (listener_ != nullptr) waits.push_back({listener_->get(), POLLIN, 0});
    const Millis now = monotonic_now();
    const auto events = [now](const Pipe& in, const Pipe& out) {
      return static_cast<short>((in.wants_bytes() ? POLLIN : 0) | (out.wants_room(now) ? POLLOUT : 0));
    };
    for (const Connection& connection : connections_) {
      if (const short wanted = events(connection.up, connection.down); wanted != 0)
        waits.push_back({connection.client.get(), wanted, 0});
      if (const short wanted = events(connection.down, connection.up); wanted != 0 && !connection.half_open)
        waits.push_back({connection.server.get(), wanted, 0});
    }
    return waits;
  }

  void move_bytes() {
    if (listener_ != nullptr) accept_connections();
    const Millis now = monotonic_now();
    for (auto connection = connections_.begin(); connection != connections_.end();) {
      connection = move(*connection, now) ? std::next(connection) : connections_.erase(connection);
    }
  }

  /// False when the connection is over or broken.
  bool move(Connection& connection, Millis now) const {
    if (connection.half_open) return swallow(connection.client.get());
    if (connection.up.wants_bytes() && !connection.up.read(connection.client.get(), condition_, now)) return false;
    if (connection.down.wants_bytes() && !connection.down.read(connection.server.get(), condition_, now)) return false;
    return connection.up.write(connection.server.get(), condition_, now) &&
           connection.down.write(connection.client.get(), condition_, now) &&
           !(connection.up.is_over() && connection.down.is_over());
  }

  static bool swallow(int from) {
    char bytes[4'096];
    const ssize_t got = recv(from, bytes, sizeof bytes, 0);
    return got > 0 || must_wait(got);
  }

  void accept_connections() {
    for (int client = accept4(listener_->get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); client >= 0;
         client = accept4(listener_->get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) {
      ++made_;
      const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      const int on = 1;
      setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const sockaddr_in address = loopback(target_);
      // One that fails shows at the next recv(), which closes both sides.
      connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address);
      connections_.push_back({Socket(client), Socket(server), {}, {}, false});
    }
  }

  static constexpr int tick_ms = 10;  // resolution of delays and drips

  const std::uint16_t port_;
  const int wake_;
  std::atomic<std::uint16_t> target_ = 0;
  std::atomic<std::uint64_t> made_ = 0;
  std::mutex mutex_;  // of everything below
  Condition condition_;
  std::unique_ptr<Socket> listener_;
  std::list<Connection> connections_;
  bool ends_ = false;
  std::thread thread_;
};

TcpProxy::TcpProxy() : wire_(std::make_unique<Wire>()) {}
TcpProxy::~TcpProxy() = default;

std::uint16_t TcpProxy::port() const { return wire_->port(); }
void TcpProxy::set_target(std::uint16_t port) { wire_->set_target(port); }
void TcpProxy::pass() { wire_->set({}); }
void TcpProxy::cut() { wire_->set({.cut = true}); }
void TcpProxy::stall() { wire_->set({.stalled = true}); }
void TcpProxy::delay(Millis time) { wire_->set({.delay = time}); }
void TcpProxy::drip(std::size_t bytes_per_s) { wire_->set({.bytes_per_s = bytes_per_s}); }
void TcpProxy::reset_connections() { wire_->reset_connections(); }
void TcpProxy::half_open_connections() { wire_->half_open_connections(); }
std::uint64_t TcpProxy::connections() const { return wire_->connections(); }

}  // namespace sensors::rig

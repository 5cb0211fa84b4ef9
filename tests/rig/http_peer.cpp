#include "tests/rig/http_peer.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <utility>

#include "tests/rig/rig_error.hpp"
#include "tests/rig/wait.hpp"

namespace sensors::rig {
namespace {

constexpr Millis request_deadline{30'000};
constexpr Millis send_deadline{5'000};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool ready(int socket, short events, Millis until) {
  pollfd poll_of{socket, events, 0};
  const Millis left = std::max(until - monotonic_now(), Millis{0});
  return ::poll(&poll_of, 1, static_cast<int>(left.count())) > 0;
}

}  // namespace

HttpPeer::HttpPeer(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (socket_ < 0 || ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const std::string reason = std::strerror(errno);
    if (socket_ >= 0) ::close(socket_);
    throw RigError("connect to port " + std::to_string(port) + ": " + reason);
  }
}

HttpPeer::~HttpPeer() {
  if (socket_ >= 0) ::close(socket_);
}

HttpPeer::HttpPeer(HttpPeer&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}

bool HttpPeer::send(const std::string& bytes) {
  const Millis until = monotonic_now() + send_deadline;
  for (std::size_t sent = 0; sent < bytes.size();) {
    if (!ready(socket_, POLLOUT, until)) return false;
    const ssize_t count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
  return true;
}

bool HttpPeer::receive(Millis until) {
  std::array<char, 16'384> chunk{};
  if (!ready(socket_, POLLIN, until)) return false;
  const ssize_t count = ::recv(socket_, chunk.data(), chunk.size(), 0);
  if (count <= 0) return false;
  buffer_.append(chunk.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<std::string> HttpPeer::read_until(const std::string& text, Millis deadline) {
  const Millis until = monotonic_now() + deadline;
  while (buffer_.find(text) == std::string::npos) {
    if (!receive(until)) return std::nullopt;
  }
  const std::size_t end = buffer_.find(text) + text.size();
  std::string taken = buffer_.substr(0, end);
  buffer_.erase(0, end);
  return taken;
}

HttpReplyText HttpPeer::read_reply(Millis deadline, bool is_head) {
  HttpReplyText reply;
  const Millis until = monotonic_now() + deadline;
  const std::optional<std::string> head = read_until("\r\n\r\n", deadline);
  if (!head.has_value() || head->size() < 12) return reply;
  reply.status = std::stoi(head->substr(9, 3));
  for (std::size_t at = head->find("\r\n") + 2; at < head->size();) {
    const std::size_t end = head->find("\r\n", at);
    const std::string line = head->substr(at, end - at);
    at = end + 2;
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) reply.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
  }
  if (is_head || reply.status == 304 || reply.status == 204 || reply.status < 200) return reply;
  const auto length = reply.headers.find("content-length");
  const std::size_t wanted =
      length == reply.headers.end() ? std::string::npos : static_cast<std::size_t>(std::stoull(length->second));
  while (buffer_.size() < wanted && receive(until)) {
  }
  reply.body = buffer_.substr(0, wanted);
  buffer_.erase(0, reply.body.size());
  return reply;
}

bool HttpPeer::ends_within(Millis deadline) {
  const Millis until = monotonic_now() + deadline;
  while (receive(until)) {
  }
  return monotonic_now() < until;
}

HttpReplyText http_get(std::uint16_t port, const std::string& target, const std::string& headers) {
  HttpPeer peer(port);
  peer.send("GET " + target + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n" + headers + "\r\n");
  return peer.read_reply(request_deadline);
}

HttpReplyText http_post(std::uint16_t port, const std::string& target, const std::string& headers,
                        const std::string& body) {
  HttpPeer peer(port);
  peer.send("POST " + target + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
  return peer.read_reply(request_deadline);
}

}  // namespace sensors::rig

// DNS over UDP, RFC 1035 section 4: a question of type A gets one address, any other type an empty answer.
#include "tests/rig/name_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "tests/rig/private_world.hpp"
#include "tests/rig/rig_error.hpp"

namespace sensors::rig {
namespace {

constexpr std::size_t header_bytes = 12;
constexpr int tick_ms = 20;
constexpr const char* resolver_file = "/etc/resolv.conf";

/// Where the question ends, after its type and class; 0 when it is none.
std::size_t question_end(const std::string& query) {
  std::size_t at = header_bytes;
  while (at < query.size() && query[at] != '\0') at += static_cast<unsigned char>(query[at]) + 1U;
  return at + 5 <= query.size() ? at + 5 : 0;
}

std::string answer_to(const std::string& query) {
  const std::size_t end = question_end(query);
  if (end == 0) return {};
  const bool asks_for_address = query[end - 3] == 1;  // type A
  std::string answer = query.substr(0, end);
  answer[2] = static_cast<char>(0x84);  // an authoritative response
  answer[3] = 0;                        // no error
  answer.replace(6, 6, std::string{0, static_cast<char>(asks_for_address ? 1 : 0), 0, 0, 0, 0});
  if (asks_for_address) {
    // The question's name, type A, class IN, to be kept for 0 s, four bytes.
    answer += std::string("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04\x7f\x00\x00\x01", 16);
  }
  return answer;
}

}  // namespace

NameServer::NameServer(const TempDir& folder) : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  if (!PrivateWorld::current().entered()) throw RigError("a name server needs a network of its own");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(53);
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw RigError(std::string("name server: bind port 53: ") + std::strerror(errno));
  }
  const std::string file = folder.write("resolv.conf", "nameserver 127.0.0.1\n");
  if (mount(file.c_str(), resolver_file, nullptr, MS_BIND, nullptr) != 0) {
    throw RigError(std::string("mount over ") + resolver_file + ": " + std::strerror(errno));
  }
  thread_ = std::thread([this] { run(); });
}

NameServer::~NameServer() {
  ends_ = true;
  thread_.join();
  umount2(resolver_file, MNT_DETACH);
  close(socket_);
}

void NameServer::run() {
  while (!ends_) {
    pollfd wait{socket_, POLLIN, 0};
    if (poll(&wait, 1, tick_ms) <= 0) continue;
    std::string query(512, '\0');
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const ssize_t got = recvfrom(socket_, query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
    if (got < static_cast<ssize_t>(header_bytes)) continue;
    query.resize(static_cast<std::size_t>(got));
    ++questions_;
    if (silent_) continue;
    const std::string answer = answer_to(query);
    sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&from), length);
  }
}

}  // namespace sensors::rig

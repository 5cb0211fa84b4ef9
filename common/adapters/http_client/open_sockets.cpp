#include "common/adapters/http_client/open_sockets.hpp"

#include <curl/curl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace sensors {

namespace {

int local_port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return -1;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  return -1;
}

curl_socket_t open_socket(void* sockets, curlsocktype, curl_sockaddr* address) {
  const curl_socket_t socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket == -1) return CURL_SOCKET_BAD;
  static_cast<std::set<int>*>(sockets)->insert(socket);
  return socket;
}

int close_socket(void* sockets, curl_socket_t socket) {
  static_cast<std::set<int>*>(sockets)->erase(socket);
  return ::close(socket);
}

}  // namespace

void OpenSockets::watch(void* easy) {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &sockets_);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &close_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &sockets_);
}

int OpenSockets::with_local_port(int port) const {
  const auto found =
      std::find_if(sockets_.begin(), sockets_.end(), [port](int socket) { return local_port_of(socket) == port; });
  return found == sockets_.end() ? -1 : *found;
}

bool has_input(int socket) {
  pollfd waiting{socket, POLLIN, 0};
  return socket != -1 && ::poll(&waiting, 1, 0) > 0;
}

bool has_bytes(int socket) {
  char byte = 0;
  return socket != -1 && ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

bool has_unacknowledged(int socket) {
  int bytes = 0;
  return socket != -1 && ::ioctl(socket, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

}  // namespace sensors

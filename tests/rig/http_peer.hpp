// HttpPeer is one connection of a test's own to an HTTP server on the loopback interface: what it sends is up to the
// test, also what no decent client would. Blocking, with deadlines.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/core/time.hpp"

namespace sensors::rig {

struct HttpReplyText {
  int status = 0;                              // 0: the connection ended before there was an answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class HttpPeer {
 public:
  /// Connects; RigError when nobody listens.
  explicit HttpPeer(std::uint16_t port);
  ~HttpPeer();
  HttpPeer(HttpPeer&& other) noexcept;
  HttpPeer& operator=(HttpPeer&&) = delete;

  /// False when the connection has ended, or does not take it in 5 s.
  bool send(const std::string& bytes);

  /// The next answer, with a body as long as it says, or to the end; `is_head`: without one.
  HttpReplyText read_reply(Millis deadline, bool is_head = false);

  /// Everything until `text` has come; nothing when it does not.
  std::optional<std::string> read_until(const std::string& text, Millis deadline);

  /// Whether the server ends the connection.
  bool ends_within(Millis deadline);

 private:
  /// More bytes into buffer_; false at the end or after the deadline.
  bool receive(Millis until);

  int socket_;
  std::string buffer_;
};

/// One request on a connection of its own. `headers`: lines with their ends.
HttpReplyText http_get(std::uint16_t port, const std::string& target, const std::string& headers = "");
HttpReplyText http_post(std::uint16_t port, const std::string& target, const std::string& headers,
                        const std::string& body);

}  // namespace sensors::rig

// The rules of RFC 9112 for a request's head that Boost.Beast 1.81 does not keep: what two readers of one connection
// could take for two different requests is refused. Private to the adapter. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/core/web_events.hpp"

namespace sensors {

/// Follows the bytes of one head as they come, in whatever pieces.
class HeadLines {
 public:
  /// False when a line goes on in the next one (obs-fold, section 5.2), or ends otherwise than in CR LF (section 2.2).
  bool take(std::string_view bytes);

 private:
  char last_ = 0;
  bool is_line_over_ = false;
  bool has_line_ = false;  // the first line is not empty
};

struct RequestHead {
  std::string method;
  std::string target;  // as sent; accept() leaves origin-form or "*"
  int version = 11;    // 10: HTTP/1.0
  WebHeaders headers;  // names in lower case
};

/// How a request is refused; the connection ends with it.
struct HeadRefusal {
  int status = 400;
  std::string detail;
};

/// Nothing when the head is right. `http://host/path` becomes `/path`, with that host for the header Host
/// (section 3.2.2).
std::optional<HeadRefusal> check(RequestHead& head);

/// Whether the client waits for "100 Continue" (RFC 9110 section 10.1.1).
bool wants_continue(const RequestHead& head);

}  // namespace sensors

// Verdict says what the outcome of a POST means: delivered, or a failure with its class and a reason to read. Pure.
#pragma once

#include <optional>
#include <string>

#include "services/sensor-http-bridge/events.hpp"

namespace sensors::bridge {

struct Verdict {
  bool delivered = false;
  std::string
      failure_class;   // counter: "timeout", "refused", "unresolved", "tls", "http_503", "wrong_content_type", ...
  std::string reason;  // one line
  std::optional<Millis> wait;   // the API asked to be left alone for so long: 429 or 503 with Retry-After
  bool needs_operator = false;  // will not pass by waiting: 401, 403, 404, a redirect, a certificate
};

/// Delivered means a 2xx. A 2xx with a page of HTML is not the API but something in front of it, a captive portal or
/// a login page: taking it for the API would lose the batch.
Verdict judge(const Result<HttpReply>& reply, WallTime now);

}  // namespace sensors::bridge

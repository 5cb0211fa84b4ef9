// What goes to an HTTP API and what comes back, as the sink's Logic sees it. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors::bridge {

/// What a request says of who sends it.
enum class Credentials { none, token, user };

/// One HttpFinished with the same id follows, at the latest after `total_timeout`. Address, token, compression and
/// certificate authority are the destination's and known to the HttpSink.
struct HttpPost {
  std::uint64_t id = 0;
  std::string idempotency_key;
  std::string content_type;
  std::string body;
  Millis total_timeout{0};
};

/// What the API answered, whatever the status.
struct HttpReply {
  int status = 0;
  std::string content_type;
  std::optional<std::string> retry_after;  // as sent
  std::string body;
  bool is_early = false;  // it came before the API can have had the whole request
  bool has_more = false;  // bytes came behind its end
};

/// The HTTP client is done with the HttpPost `id`. The error's code tells timeout, refused, unresolved, tls, ... apart.
struct HttpFinished {
  std::uint64_t id = 0;
  Result<HttpReply> reply;
  Millis took{0};
};

}  // namespace sensors::bridge

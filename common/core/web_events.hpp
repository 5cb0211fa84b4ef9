// Events and effects of a service that answers HTTP requests: what its server hands in, and what it is told to do.
// Plain values, as in service_events.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// Names in lower case in requests (RFC 9110 section 5.1).
using WebHeaders = std::vector<std::pair<std::string, std::string>>;

/// How a server is: since the start, but for the last two.
struct WebServerFigures {
  std::uint64_t accepted = 0;      // connections
  std::uint64_t evicted = 0;       // connections that gave way to a new one
  std::uint64_t turned_away = 0;   // connections for which none could give way
  std::uint64_t timed_out = 0;     // too slow with header, body or reading the answer or stream
  std::uint64_t malformed = 0;     // not HTTP, or not the TLS that was expected
  std::uint64_t too_large = 0;     // headers or bodies
  std::uint64_t overloaded = 0;    // no room for one more body, request or answer
  std::uint64_t slow_streams = 0;  // cut off
  std::size_t open = 0;            // connections, now
  std::size_t buffered_bytes = 0;  // of requests and answers, now
};

// ---- events ----

/// A whole request. It stays open until a WebResponse or WebStreamEnd with its id.
struct WebRequest {
  std::uint64_t id = 0;
  std::string method;  // "GET"
  std::string target;  // as sent: "/v1/readings?limit=10"
  WebHeaders headers;
  std::string body;
  std::string client;  // its IP address
  WebServerFigures server = {};

  /// The first header of that name, which is in lower case; empty when there is none.
  std::string_view header(std::string_view name) const {
    for (const auto& [known, value] : headers) {
      if (known == name) return value;
    }
    return {};
  }
};

/// The client of that stream is gone, or was too slow.
struct WebGone {
  std::uint64_t id = 0;
};

/// The server accepts connections, or why it does not; it tries again by itself.
struct WebListening {
  Result<void> result;
};

/// The certificate that new connections get, by when it expires; or why one was not taken: the one before stays.
struct WebCertificate {
  Result<WallTime> expires;
};

// ---- effects ----

/// The answer to a WebRequest. Length, date and connection are the server's to say.
struct WebResponse {
  std::uint64_t id = 0;
  int status = 200;
  WebHeaders headers;
  std::string body;
};

/// Answers 200 with a body that begins with `text` and goes on and on; each WebStreamData adds to it.
struct WebStreamBegin {
  std::uint64_t id = 0;
  WebHeaders headers;
  std::string text;
};

struct WebStreamData {
  std::vector<std::uint64_t> ids;
  std::string text;
};

struct WebStreamEnd {
  std::uint64_t id = 0;
};

}  // namespace sensors

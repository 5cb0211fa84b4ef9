// HttpClient makes HTTP requests on a thread of its own (libcurl multi), each with every deadline there is. It
// decides nothing: an answer of any status is an answer, and failures come back told apart by ErrorCode. HTTP/1.1, over
// connections that are kept; one on which something waits that nobody asked for is not used again.
//
// Threads: post() from any thread, never blocks. The callback runs on the client's thread and must only enqueue.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

struct HttpRequest {
  std::uint64_t id = 0;
  std::string url;                   // without user part; shown without the values of its query
  bool is_url_secret = false;        // of `url` scheme and host are shown, also where the answer repeats it
  std::vector<std::string> headers;  // "Name: value"; never logged
  std::string body;
  bool gzip = false;              // compress the body (Content-Encoding: gzip)
  std::string user;               // with `password`: basic authentication (RFC 7617), where one is not empty
  std::string password;           // never logged
  std::string ca_file;            // PEM file; empty: the system's authorities
  Millis connect_timeout{3'000};  // 1 ms .. 60 s, DNS and TLS included
  Millis total_timeout{30'000};   // 1 ms .. 10 min, from the call to the last byte of the answer
};

struct HttpAnswer {
  int status = 0;                          // 100 .. 599
  std::string content_type;                // on one line, at most 200 bytes, as is the next
  std::optional<std::string> retry_after;  // as sent; RFC 9110 section 10.2.3
  std::string body;       // its content coding undone; at most max_answer_bytes, a longer one is ErrorCode::too_large
  bool is_early = false;  // it came before the server can have had the whole request
  bool has_more = false;  // bytes came behind the end that its header names
};

struct HttpOutcome {
  std::uint64_t id = 0;
  /// unresolved, refused, unreachable, tls, timeout, disconnected, too_large or io when there is no complete answer. A
  /// limit that passed before the request was sent is of the phase that it was spent on; timeout: waiting for the
  /// answer.
  Result<HttpAnswer> answer;
  Millis took{0};
};

class HttpClient {
 public:
  static constexpr std::size_t max_answer_bytes = 1024 * 1024;  // a batch of rows rejected one by one fits

  explicit HttpClient(std::function<void(HttpOutcome)> on_outcome);

  /// Gives up what is under way, without outcomes, and joins the thread; at most 1 s.
  ~HttpClient();

  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Starts a POST; exactly one HttpOutcome follows. Redirects are not followed.
  void post(HttpRequest request);

 private:
  class Transfers;
  std::unique_ptr<Transfers> transfers_;
};

}  // namespace sensors

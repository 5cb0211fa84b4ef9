// HttpServer takes HTTP/1.1 requests and carries out answers. It decides nothing but what it cannot hold: connections,
// headers, bodies and answers are bounded in number, bytes and time, and what is refused is counted. A client that
// sends or reads too slowly costs a little memory, and no time of the others.
//
// Threads: all of it, callbacks included, runs on the event loop.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "common/core/time.hpp"
#include "common/core/web_events.hpp"
#include "common/runtime/event_loop.hpp"

namespace sensors {

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // IPv4 or IPv6, "0.0.0.0" and "::" for all
  int port = 8080;                    // 1 .. 65,535

  /// PEM files for TLS; both empty: plain HTTP.
  std::string certificate_file;
  std::string key_file;

  /// One more takes the place of the one whose client makes the least progress: with sending its request, with taking
  /// its answer or stream, or with nothing at all. 1 .. 10,000.
  std::size_t max_connections = 512;

  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_body_bytes = 1024 * 1024;

  /// Bodies and answers held for all clients at one time; one more is answered with 503, when none of those whose
  /// clients hardly move gives way to it.
  std::size_t max_buffered_bytes = 16 * 1024 * 1024;

  /// What one stream may have unsent, besides what it began with; a client that is further behind is cut off.
  std::size_t max_stream_bytes = 256 * 1024;

  /// For the whole of a header, of a body; and for a connection without a request.
  Millis header_timeout{10'000};
  Millis body_timeout{30'000};
  Millis idle_timeout{60'000};

  /// In which a client must take something of what is unsent, answer or stream. A stream that has nothing to say lives
  /// on.
  Millis write_timeout{30'000};
};

struct HttpServerCallbacks {
  std::function<bool(WebRequest)> on_request;  // false: there is no room for it, answered with 503
  std::function<void(WebGone)> on_gone;
  std::function<void(WebListening)> on_listening;  // once for each change
  std::function<void(WebCertificate)> on_certificate;
};

class HttpServer {
 public:
  /// Listens at once, or tries again every 5 s. `loop` must outlive this.
  HttpServer(EventLoop& loop, HttpServerOptions options, HttpServerCallbacks callbacks);

  /// Closes every connection; no callback comes any more.
  ~HttpServer();

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// For connections from now on; a certificate that is not right changes nothing. on_certificate() says which. Does
  /// nothing without TLS. Blocks for as long as the files take.
  void read_certificate_again();

  /// One whose client is gone is dropped, as are those below.
  void respond(WebResponse response);
  void begin_stream(WebStreamBegin stream);
  void send(const WebStreamData& data);
  void end_stream(WebStreamEnd stream);

  WebServerFigures counters() const;

 private:
  class Listener;
  std::shared_ptr<Listener> listener_;  // shared with the accept under way
};

}  // namespace sensors

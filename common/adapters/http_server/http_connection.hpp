// HttpConnection is one client's connection: it reads one request at a time, hands it over, and writes the answer or
// the stream. Private to the adapter; Boost.Beast stays in the .cpp. On the event loop.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "common/adapters/http_server/http_server.hpp"
#include "common/adapters/http_server/http_socket.hpp"

namespace sensors {

class HttpConnection {
 public:
  virtual ~HttpConnection() = default;
  virtual void start() = 0;
  virtual void respond(WebResponse response) = 0;
  virtual void begin_stream(WebStreamBegin stream) = 0;
  virtual void send(const std::shared_ptr<const std::string>& text) = 0;  // shared: the queues of all streams
  virtual void end_stream() = 0;

  /// Ends it whatever it does; its operations end by themselves.
  virtual void close() = 0;
};

/// What all connections of a server share.
struct HttpServerState {
  HttpServerOptions options;
  HttpServerCallbacks callbacks;
  WebServerFigures counters;
  std::uint64_t last_id = 0;

  // Each connection is in one of the two, or on its way out. Shared: the table and the operation under way.
  std::map<std::uint64_t, std::shared_ptr<HttpConnection>> reading;            // by when it began
  std::unordered_map<std::uint64_t, std::shared_ptr<HttpConnection>> waiting;  // by request, for its answer
};

std::shared_ptr<HttpConnection> make_http_connection(std::unique_ptr<HttpSocket> socket, std::string client,
                                                     std::shared_ptr<HttpServerState> state);

}  // namespace sensors

// HttpConnection is one client's connection: it reads one request at a time, hands it over, and writes the answer or
// the stream. Private to the adapter; Boost.Beast stays in the .cpp. On the event loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "common/adapters/http_server/http_server.hpp"
#include "common/adapters/http_server/http_socket.hpp"

namespace sensors {

class HttpConnection {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  virtual ~HttpConnection() = default;
  virtual void start() = 0;
  virtual void respond(WebResponse response) = 0;
  virtual void begin_stream(WebStreamBegin stream) = 0;
  virtual void send(const std::shared_ptr<const std::string>& text) = 0;  // shared: the queues of all streams
  virtual void end_stream() = 0;

  /// Bytes/s that its client has sent or taken since it is the client's turn to; nothing while it is the service's.
  /// Some are given at the beginning, so that a new one is quick.
  virtual std::optional<double> progress(TimePoint now) const = 0;

  /// Of the memory that all share.
  virtual std::size_t held_bytes() const = 0;

  /// Ends it whatever it does; its operations end by themselves. A stream's end is told.
  virtual void close() = 0;
};

/// What all connections of a server share.
struct HttpServerState {
  HttpServerOptions options;
  HttpServerCallbacks callbacks;
  WebServerFigures counters;
  std::uint64_t last_id = 0;

  std::unordered_set<HttpConnection*> open;                                    // each takes itself out as it closes
  std::unordered_map<std::uint64_t, std::shared_ptr<HttpConnection>> waiting;  // by request, for its answer or its end

  /// Closes the one that makes the least progress, if there is one below `limit` (bytes/s).
  bool evict(double limit, bool must_hold_bytes);

  /// Whether `bytes` more can be held; clients that hardly move give way to them.
  bool make_room(std::size_t bytes);
};

std::shared_ptr<HttpConnection> make_http_connection(std::unique_ptr<HttpSocket> socket, std::string client,
                                                     std::shared_ptr<HttpServerState> state);

}  // namespace sensors

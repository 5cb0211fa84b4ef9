// Who gives way to others, of all connections of a server.
#include <chrono>
#include <optional>

#include "common/adapters/http_server/http_connection.hpp"

namespace sensors {

namespace {

/// A client that is slower than this gives its memory up when others need it.
constexpr double hardly_moving = 16 * 1024;  // bytes/s

}  // namespace

bool HttpServerState::evict(double limit, bool must_hold_bytes) {
  const HttpConnection::TimePoint now = std::chrono::steady_clock::now();
  HttpConnection* slowest = nullptr;
  for (HttpConnection* connection : open) {
    if (must_hold_bytes && connection->held_bytes() == 0) continue;
    const std::optional<double> progress = connection->progress(now);
    if (!progress.has_value() || *progress >= limit) continue;
    limit = *progress;
    slowest = connection;
  }
  if (slowest == nullptr) return false;
  ++counters.evicted;
  slowest->close();
  return true;
}

bool HttpServerState::make_room(std::size_t bytes) {
  while (counters.buffered_bytes + bytes > options.max_buffered_bytes) {
    if (!evict(hardly_moving, true)) return false;
  }
  return true;
}

}  // namespace sensors

// What the configuration decides for the HTTP side. Plain values: the defaults are here, the ranges in http_config.cpp,
// and sensor-http-bridge.toml documents the keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/codec/foreign_time.hpp"
#include "common/core/bridge_name.hpp"
#include "common/core/time.hpp"
#include "services/sensor-http-bridge/web/write_homes.hpp"

namespace sensors::bridge {

/// What a client may do.
struct Scopes {
  bool read = false;
  bool write = false;
  bool operate = false;  // orders: dead letters sent again or deleted, alerts acknowledged
  bool operator==(const Scopes&) const = default;
};

struct AccessToken {
  std::string name;  // for logs and for telling clients' keys apart
  std::string secret;
  Scopes scopes;
};

struct WebOptions {
  std::string root = "sensors";
  std::string node;
  std::string service{bridge_service};  // its name on the broker

  std::string served_at;  // for people: "http://127.0.0.1:8080/"

  std::vector<AccessToken> tokens;
  Scopes anonymous;  // of a request without a token

  /// Requests of one client: so many at once, then one in each interval.
  int rate_burst = 200;
  Millis rate_interval{20};

  /// What a time without an offset means: the client is elsewhere, and its zone not known.
  TimeRule times{TimeRule::WithoutOffset::refuse};

  /// Of a body, also once it is unpacked.
  std::size_t max_body_bytes = 1024 * 1024;

  /// Bytes of requests and answers in memory at one time, at the server. An answer that could be beyond is not begun.
  std::size_t max_buffered_bytes = 16 * 1024 * 1024;

  /// Event streams open at one time, and how often one that has nothing to say shows that it is alive.
  std::size_t max_streams = 32;
  Millis stream_keepalive{15'000};

  /// Services whose status and queue are remembered; those of the own node always are.
  std::size_t max_services = 256;

  /// Queries at the store at one time, and the longest wait for its answer.
  std::size_t max_queries = 8;
  Millis query_timeout{6'000};

  /// Longest wait of a write for the store's confirmation; rows that wait for it at one time; and stored writes that
  /// are remembered with their keys.
  Millis write_timeout{10'000};
  std::size_t max_waiting_writes = 128;  // requests that wait for it at one time
  std::size_t max_waiting_rows = 10'000;
  std::size_t max_known_writes = 2'000;

  /// Where writes with a key were handed in before this run.
  std::vector<WriteHome> write_homes;

  /// Of the request and stream names of this run: random at each start.
  std::uint64_t seed = 1;
};

}  // namespace sensors::bridge

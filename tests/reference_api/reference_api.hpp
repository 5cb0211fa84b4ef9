// ReferenceApi is an HTTP API as the bridge expects one, for tests and the demo: it checks the bearer token, keeps what
// it gets in an ApiStore, answers a known Idempotency-Key as before, and fails on request. It listens on
// loopback, unless told otherwise.
//
//   POST /v1/readings   a batch, JSON or JSON+gzip
//   GET  /stats         {"received":..,"unique":..,"duplicates":..,"gaps":..,"requests":..,...}
//   POST /fault         {"mode":"503","count":3,"retry_after":10,"delay_ms":0}
//   POST /rules         {"sensors":["bad"],"max_rows":100,"status":422,"lists":false,"replays":false}
//
// Threads: a thread of its own serves; every function may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "common/core/result.hpp"
#include "tests/reference_api/api_store.hpp"

namespace sensors {

/// How the next POSTs of readings fail. Modes: none; a status ("500", "302"); hang (no answer, nothing stored);
/// hang_after_store; slow (answers after delay_ms); reset (the connection is cut); reset_after_store;
/// wrong_content_type (200 with a page of HTML, nothing stored); huge (an answer of 2 MiB, nothing stored); endless (a
/// 200 whose body never ends, nothing stored).
struct ApiFault {
  std::string mode = "none";
  std::int64_t count = -1;        // so many requests; below 0: until told otherwise
  std::int64_t retry_after = -1;  // seconds, sent with a status; below 0: not sent
  std::int64_t delay_ms = 0;
};

/// What it does not take.
struct ApiRules {
  std::set<std::string> sensors;  // readings of these are refused
  std::size_t max_rows = 0;       // more readings are 413; 0: no limit
  unsigned status = 422;          // for a batch with a refused reading, a problem document (RFC 9457)
  bool lists = false;             // instead, take the others and list those that were refused
  bool replays = false;           // answer the key of a refused batch with that refusal again
};

struct ReferenceApiOptions {
  std::string address = "127.0.0.1";  // IPv4, to listen on; beyond loopback anybody may tell it to fail
  std::uint16_t port = 0;             // 0: a free one
  std::string token;                  // empty: not checked
  std::string database;               // path
};

class ReferenceApi {
 public:
  static Result<std::unique_ptr<ReferenceApi>> start(const ReferenceApiOptions& options);
  ~ReferenceApi();

  ReferenceApi(const ReferenceApi&) = delete;
  ReferenceApi& operator=(const ReferenceApi&) = delete;

  std::uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:PORT/v1/readings"
  ApiStats stats();
  void set_fault(const ApiFault& fault);
  void set_rules(const ApiRules& rules);

  /// POSTs of readings that arrived, failed ones included.
  std::uint64_t arrivals() const;

 private:
  class Server;
  explicit ReferenceApi(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace sensors

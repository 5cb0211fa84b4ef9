// ApiModel is somebody's HTTP API: it stores by (stream, seq), remembers Idempotency-Keys or does not, and misbehaves
// in every way that docs/protocol.md has an answer for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <simdjson.h>

#include "services/sensor-http-bridge/events.hpp"
#include "tests/simulation/world.hpp"

namespace sensors::simulation {

enum class ApiMood {
  well,
  refuses_connections,
  hangs,          // no answer until the client gives up; it may have stored the batch
  resets_before,  // the connection is cut and nothing was stored
  resets_after,   // the connection is cut and the batch was stored
  slow,           // an answer near the client's deadline
  error_500,
  error_503_asks,  // with Retry-After
  error_429_asks,
  unauthorized,
  captive_portal,  // 200 with a page of HTML
};

struct ApiRow {
  std::string stream;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool is_gap = false;
  Value value;
};

struct ApiExchange {
  Result<bridge::HttpReply> reply;
  Millis took{0};
  std::vector<ApiRow> rows;  // of the request
};

class ApiModel {
 public:
  explicit ApiModel(World& world) : world_(world) {}

  /// This share of all requests meets `mood` for so long.
  void misbehave(ApiMood mood, double share, Millis time);
  void heal() { misbehaves_until_ = Instant{}; }

  /// Whether a key is remembered: then its batch is not looked at again.
  void set_remembers_keys(bool remembers) { remembers_keys_ = remembers; }

  /// A store that went back gives its row numbers a second time, and with them its keys.
  void expect_keys_again() {
    remembers_keys_ = false;
    keys_come_again_ = true;
  }

  ApiExchange post(const bridge::HttpPost& request);

  std::uint64_t requests() const { return requests_; }

 private:
  ApiMood mood_now();
  std::vector<ApiRow> read(const std::string& body);
  void take(const bridge::HttpPost& request, const std::vector<ApiRow>& rows);
  void check_key(const bridge::HttpPost& request);

  World& world_;
  simdjson::dom::parser parser_;
  bool remembers_keys_ = true;
  bool keys_come_again_ = false;
  ApiMood mood_ = ApiMood::well;
  double share_ = 0;
  Instant misbehaves_until_{};
  std::uint64_t requests_ = 0;
  std::map<std::string, std::uint64_t> taken_keys_;   // to the hash of the body
  std::map<std::string, std::uint64_t> sent_keys_;    // of the last requests
  std::map<std::uint64_t, std::string> sent_bodies_;  // the other way round
};

const char* name_of(ApiMood mood);

}  // namespace sensors::simulation

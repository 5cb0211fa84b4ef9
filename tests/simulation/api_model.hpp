// ApiModel is somebody's HTTP API: it stores by (stream, seq), remembers Idempotency-Keys or does not, refuses rows
// that it does not like, and misbehaves in every way that docs/destination-api.md has an answer for. For line protocol
// it is an InfluxDB: it stores by point, knows no keys, and of a batch with points that it does not like stores the
// others.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "services/sensor-http-bridge/sinks/http/logic/http_exchange.hpp"
#include "tests/simulation/api_body.hpp"
#include "tests/simulation/world.hpp"

namespace sensors::simulation {

/// What comes between a request and its answer.
enum class ApiMood {
  well,
  refuses_connections,
  hangs,          // no answer until the client gives up; it may have stored the batch
  resets_before,  // the connection is cut and nothing was stored
  resets_after,   // the connection is cut and the batch was stored
  slow,           // an answer near the client's deadline
  drips,          // a 2xx whose body does not end before the client gives up
  floods,         // a 2xx whose body is larger than the client takes
  error_500,
  error_503_asks,  // with Retry-After
  error_429_asks,
  unauthorized,
  forbidden,
  redirect,
  stranger,        // a 200 that is not the answer to the request, or not all of it: nothing was stored
  torn,            // a 2xx whose body cannot be read: nothing was stored
  trouble_in_200,  // a 200 whose body has the status 503: nothing was stored
  captive_portal,  // 200 with a page of HTML
};

/// How it says that it does not take a row. Nothing of a batch is stored with a 4xx.
enum class ApiRefusal {
  lists_rows,     // 2xx: the others are stored
  counts_rows,    // 2xx that rejects rows without naming them: nothing is stored
  says_no,        // 2xx with success:false, an error, or too few accepted: nothing is stored
  bulk,           // 2xx with a status for each row, as Elasticsearch has it: the others are stored
  bad_request,    // 400 with a text
  unprocessable,  // 422 with a problem document
  too_large,      // 413 for batches beyond a size
};

struct ApiExchange {
  Result<bridge::HttpReply> reply;
  Millis took{0};
  std::size_t rows = 0;         // in the request
  bool is_again = false;        // it came under this key before
  bool is_success = false;      // the API is alive: it has taken the batch, or refused data
  std::vector<ApiRow> taken;    // the reply says that the API has these
  std::vector<ApiRow> refused;  // and that it does not take these
  Millis asks_to_wait{0};
};

class ApiModel {
 public:
  ApiModel(World& world, std::string destination)
      : world_(world), destination_(std::move(destination)), reader_(world) {}

  /// This share of all requests meets `mood` for so long.
  void misbehave(ApiMood mood, double share, Millis time);

  /// This share of all rows is refused for so long, always the same ones; of batches, all beyond a size.
  void refuse(ApiRefusal how, double share, Millis time);

  void heal() { misbehaves_until_ = refuses_until_ = Instant{}; }

  /// Whether a key is remembered: then its batch is not looked at again, and the answer is as it was.
  void set_remembers_keys(bool remembers) { remembers_keys_ = remembers; }

  /// An earlier state of it is back: it gives row numbers again, and counts refusals from there.
  void store_went_back() { store_went_back_ = true; }

  /// It has an earlier state, or is another one: it writes gap records of its own, with the time at which it does so.
  void store_changed() { store_changed_ = true; }

  ApiExchange post(const bridge::HttpPost& request);

  std::uint64_t requests() const { return requests_; }

 private:
  struct Answer {
    bridge::HttpReply reply;
    std::vector<ApiRow> refused = {};
    bool is_taken = false;    // what is not refused is stored
    bool is_partial = false;  // it is, and nobody is told
  };

  ApiMood mood_now();
  bool check_key(const std::string& key, const ApiBody& body);
  void store(const ApiRow& row);
  void check_point(const ApiRow& row);
  Answer process(const std::string& key, const std::vector<ApiRow>& rows);
  Answer judge(const std::vector<ApiRow>& rows);
  Answer refuse(std::vector<ApiRow> refused);
  Answer refuse_points(std::vector<ApiRow> refused);
  bool has(const ApiRow& row) const;
  bool dislikes(const ApiRow& row) const;
  void put(ApiExchange& exchange, Answer answer, const std::vector<ApiRow>& rows) const;

  World& world_;
  const std::string destination_;
  ApiBodyReader reader_;
  bool remembers_keys_ = true;
  bool store_went_back_ = false;
  bool store_changed_ = false;
  ApiMood mood_ = ApiMood::well;
  double share_ = 0;
  Instant misbehaves_until_{};
  ApiRefusal refusal_ = ApiRefusal::lists_rows;
  double refused_share_ = 0;
  std::uint64_t refused_salt_ = 0;
  std::size_t most_rows_ = 0;  // ApiRefusal::too_large
  Instant refuses_until_{};
  std::uint64_t requests_ = 0;
  std::set<std::pair<std::string, std::uint64_t>> gaps_;                        // that it has
  std::unordered_map<std::string, std::string> rows_of_points_;                 // that it has
  std::unordered_map<std::string, ApiRow> points_of_rows_;                      // that it has
  std::map<std::string, Answer> answers_;                                       // 2xx, by key
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> rows_of_key_;  // their hash, and without their times
  std::map<std::uint64_t, std::set<std::string>> keys_of_batch_;                // by the hash of range and rows
  std::set<std::string> refused_keys_;                                          // none of whose rows was taken
};

const char* name_of(ApiMood mood);
const char* name_of(ApiRefusal how);

}  // namespace sensors::simulation

// HttpAttempts is the Logic of the HTTP sink: it makes the request of each attempt, and of the API's reply the verdict.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "common/core/result.hpp"
#include "common/core/time.hpp"
#include "services/sensor-http-bridge/delivery/attempt.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/http_exchange.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/http_options.hpp"

namespace sensors::bridge {

class HttpAttempts {
 public:
  explicit HttpAttempts(HttpSinkOptions options) : options_(options) {}

  /// The request, which goes with `credentials`; one finish() with its id is to follow. malformed or invalid: the batch
  /// has a row that breaks a rule, and nothing follows.
  Result<HttpPost> begin(Attempt attempt, Credentials credentials = Credentials::token);

  /// What became of the attempt with this id, which is then over; `now` is when the reply came.
  Attempted finish(const HttpFinished& finished, WallTime now);

 private:
  struct UnderWay {
    std::size_t rows = 0;
    std::size_t readings = 0;
    std::vector<RowName> names;
    std::size_t bytes = 0;
    Credentials credentials = Credentials::token;
  };

  HttpSinkOptions options_;
  std::map<std::uint64_t, UnderWay> under_way_;  // one, and those that delivery has given up and the client has not
};

}  // namespace sensors::bridge

// HttpSink POSTs batches to an HTTP API; HttpAttempts decides what is sent and what the reply means. Loop thread.
#pragma once

#include <mutex>
#include <string>

#include "common/adapters/http_client/http_client.hpp"
#include "services/sensor-http-bridge/sinks/destination_config.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/http_attempts.hpp"
#include "services/sensor-http-bridge/sinks/sink.hpp"
#include "services/sensor-http-bridge/sinks/sinks.hpp"

namespace sensors::bridge {

class HttpSink : public Sink {
 public:
  /// `destination` must outlive this. `done` is called on the HTTP client's thread, or within attempt().
  HttpSink(const DestinationConfig& destination, Done done);

  void attempt(Attempt attempt) override;

 private:
  void finish(const HttpFinished& finished);
  Credentials credentials_of(const std::string& token) const;

  const DestinationConfig& destination_;
  const Done done_;
  std::mutex mutex_;
  HttpAttempts attempts_;  // under the mutex
  HttpClient client_;      // last: its thread uses the others
};

/// For https:// and http://.
SinkKind http_sink_kind();

}  // namespace sensors::bridge

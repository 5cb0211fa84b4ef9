// What the configuration decides for the Logic of the HTTP sink. Plain values; the keys are documented in
// sensor-http-bridge.toml.
#pragma once

#include "services/sensor-http-bridge/delivery/attempt.hpp"
#include "services/sensor-http-bridge/sinks/http/logic/upload_body.hpp"

namespace sensors::bridge {

/// What makes a 2xx a delivery.
enum class AnswerTrust {
  strict,  // that it is the answer to this request, and says nothing else
  status,  // its status; its body is not read
};

struct HttpSinkOptions {
  /// How the API wants the rows.
  UploadFormat format = UploadFormat::batch;

  AnswerTrust answers = AnswerTrust::strict;
};

/// As log and status have them.
inline SinkNames http_sink_names() { return {"API", "HTTP request", "HTTP client"}; }

}  // namespace sensors::bridge

// The read side of the HTTP API: what a request asks of the store, and the store's answer as the client wants it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/codec/dead_letter_json.hpp"
#include "common/codec/rpc_json.hpp"
#include "common/core/web_events.hpp"
#include "services/sensor-http-bridge/web/target.hpp"

namespace sensors::bridge {

enum class Format { json, csv, ndjson };

/// `format` of the query, else the first of the media types in `accept` that there is; JSON for "*/*" and for none.
/// ErrorCode::invalid when there is none of those.
Result<Format> format_of(const Target& target, std::string_view accept);

/// GET /v1/readings; ErrorCode::invalid with the name of the parameter that is wrong. Times as RFC 3339 texts, steps as
/// "60s", "5min".
Result<QueryRequest> readings_query(const Target& target);

/// GET /v1/sensors.
Result<QueryRequest> sensors_query(const Target& target);

/// GET /v1/dead-letters.
Result<DeadLettersRequest> dead_letters_query(const Target& target);

/// The body of POST /v1/dead-letters: what shall be done with which of them.
Result<DeadLettersRequest> dead_letters_order(std::string_view body);

/// What a request waits for at the store.
struct PendingRead {
  enum class Kind { readings, buckets, sensors, dead_letters, dead_letters_changed };
  std::uint64_t request = 0;
  Kind kind = Kind::readings;
  Format format = Format::json;
};

/// The store's answer for the client: 200, or 503 with the store's reason.
WebResponse read_answer(const PendingRead& read, const std::string& payload);

}  // namespace sensors::bridge

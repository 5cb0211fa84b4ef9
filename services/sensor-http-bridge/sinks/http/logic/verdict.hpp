// Verdict says what the outcome of a POST means for the batch, for the breaker and for the operator. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/codec/rpc_json.hpp"
#include "services/sensor-http-bridge/delivery/logic_options.hpp"
#include "services/sensor-http-bridge/events.hpp"

namespace sensors::bridge {

enum class Outcome {
  delivered,      // a 2xx; with `rejected` for all other rows
  refused,        // 400, 422: the API is alive and does not take this batch; nothing of it is stored there
  too_large,      // 413: the same, and smaller batches may do
  unauthorized,   // 401, 403: it does not take us; waiting does not help
  asked_to_wait,  // 429 or 503 with Retry-After
  failed,         // anything else: whether the batch is stored there is not known
};

struct Verdict {
  Outcome outcome = Outcome::failed;
  std::string
      failure_class;   // counter; empty when delivered: "timeout", "refused", "tls", "http_503", "wrong_content_type"
  std::string reason;  // one line for log and status
  int status = 0;      // of the answer; 0: there was none
  std::string api_reason;             // the API's own words, for dead letters
  Millis wait{0};                     // asked_to_wait
  bool needs_operator = false;        // will not pass by waiting: 401, 404, a redirect, a certificate
  std::vector<RejectedRow> rejected;  // delivered: rows that the API did not take
};

/// What was sent, as far as an answer may count it.
struct Sent {
  std::size_t rows = 0;              // readings and gap records
  std::size_t readings = 0;          // what an API of the format `batch` may count alone
  std::span<const RowName> names{};  // of the rows: of the readings, then of the gap records
};

/// How many of `rejected` are gap records of what was sent.
std::size_t rejected_gaps(std::span<const RejectedRow> rejected, Sent sent);

/// A 2xx with a page of HTML is not the API but something in front of it, a captive portal or a login page: taking it
/// for the API would lose the batch. With AnswerTrust::status any other 2xx is a delivery. With AnswerTrust::strict
/// it is one only if it is the answer to this request and says nothing else; what of it speaks against data is
/// `refused`, as 422 is, so the batch is cut until it is clear which row is meant; what cannot be read, or says that
/// the same may be taken later, is `failed`. The rules stand in docs/destination-api.md.
Verdict judge(const Result<HttpReply>& reply, const UploadOptions& options, Sent sent, WallTime now);

}  // namespace sensors::bridge

// An Attempt takes one batch to the destination, and Attempted says what came of it. This is all that delivery and the
// sinks know of each other: a sink (sinks/) makes of an Attempt what its destination understands, and of what that says
// a Verdict. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/codec/rpc_json.hpp"
#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors::bridge {

/// One Attempted with the same id follows, by `deadline` unless what carries it out hangs: then delivery gives it up.
struct Attempt {
  std::uint64_t id = 0;
  std::string key;  // of this range with these rows: the same again when the batch is tried again
  UploadBatchHeader header;
  std::string batch;   // as the store wrote it; it has rows
  Millis deadline{0};  // from now on
};

/// What an attempt means for the batch.
enum class Outcome {
  delivered,      // the destination has all rows; with `rejected` all others
  refused,        // the destination is alive and does not take this batch; nothing of it is stored there
  too_large,      // the same, and smaller batches may do
  unauthorized,   // it does not take us; waiting does not help
  asked_to_wait,  // it says for how long it is to be left alone
  failed,         // anything else: whether the batch is stored there is not known
  unreadable,     // a row breaks a rule, so that the batch cannot be written for it: nothing was tried
};

/// What an attempt means for the batch, for the breaker and for the operator.
struct Verdict {
  Outcome outcome = Outcome::failed;
  std::string
      failure_class;   // counter; empty when delivered: "timeout", "refused", "tls", "http_503", "wrong_content_type"
  std::string reason;  // one line for log and status
  int status = 0;      // the number that the destination gave, for dead letters: 100 .. 599; 0: none
  std::string api_reason;             // the destination's own words, for dead letters
  Millis wait{0};                     // asked_to_wait
  bool needs_operator = false;        // will not pass by waiting: an address, a token, a certificate
  std::vector<RejectedRow> rejected;  // delivered: rows that the destination did not take
};

struct Attempted {
  std::uint64_t id = 0;
  Verdict verdict;
  Millis took{0};
  std::size_t bytes = 0;  // of the batch as it was written for the destination, before compression
};

/// What log and status call the other end of an attempt, and its way there; each sink has its own.
struct SinkNames {
  std::string peer;     // "API"
  std::string request;  // "HTTP request"
  std::string client;   // "HTTP client"
};

/// The end of an attempt whose batch cannot be written, for `why`.
Attempted unreadable(std::uint64_t id, const Error& why);

/// The rows of an attempt, as far as an answer may count them.
struct Sent {
  std::size_t rows = 0;              // readings and gap records
  std::size_t readings = 0;          // what a destination may count alone
  std::span<const RowName> names{};  // of the rows: of the readings, then of the gap records
};

/// How many of `rejected` are gap records of what was sent.
std::size_t rejected_gaps(std::span<const RejectedRow> rejected, Sent sent);

}  // namespace sensors::bridge

// The small payloads: watermarks, boot times, queue depths, orders, events, and the errors of RPC answers. Decoding
// checks everything. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/core/circuit_breaker.hpp"
#include "common/core/reading.hpp"
#include "common/core/result.hpp"
#include "common/core/time.hpp"

namespace sensors {

/// Every seq <= through of `stream` is committed in `store`, or covered by a gap record.
struct Committed {
  std::string store;
  std::string stream;
  std::uint64_t through = 0;
  bool resend = false;  // the store saw a hole behind `through`: send again from through + 1
  std::string refused_node =
      {};  // not empty: no watermark; the store has the stream as that node's, and takes none of it
  bool operator==(const Committed&) const = default;
};
std::string encode_committed(const Committed& committed);
Result<Committed> decode_committed(std::string_view payload);

/// {"boot":"...","boot_time":"..."}: what a publisher says on `clock/<publisher>` once its clock is right.
std::string encode_boot_time(const BootTime& boot);
Result<BootTime> decode_boot_time(std::string_view payload);

/// What backpressure reads from `queue/<service>`.
struct QueueDepth {
  std::uint64_t depth = 0;  // entries waiting
  std::uint64_t high = 0;   // the mark above which the queue is under pressure
  std::uint64_t limit = 0;  // what the queue can hold
  double oldest_s = 0;      // age of the oldest entry
  double rate_per_s = 0;    // entries leaving
  bool pressure = false;    // the service asks the publishers to slow down
  bool operator==(const QueueDepth&) const = default;
};
std::string encode_queue_depth(const QueueDepth& queue);
Result<QueueDepth> decode_queue_depth(std::string_view payload);

/// What an operator asks of a service's circuit breaker on `control/<service>`: {"breaker":"isolate"}.
enum class BreakerOrder { isolate, close };
std::string encode_breaker_order(BreakerOrder order);
Result<BreakerOrder> decode_breaker_order(std::string_view payload);

/// A sensor that is to be known no more: {"forget":"bme280.temperature","node":"attic"}.
struct ForgetOrder {
  std::string node;
  std::string sensor;
  bool operator==(const ForgetOrder&) const = default;
};
std::string encode_forget_order(const ForgetOrder& order);

/// ErrorCode::not_found: it is none, but perhaps another order.
Result<ForgetOrder> decode_forget_order(std::string_view payload);

/// {"type":"gap","time":...,"text":...}: one line of history on `event/<service>`. `details`: further keys, as
/// StatusWriter::members() gives them.
std::string encode_event(std::string_view type, WallTime time, std::string_view text, std::string_view details = {});

/// The further keys of the event of a transition: "from":"closed","to":"open","reason":"..."
std::string encode_transition(const CircuitBreaker::Transition& transition);

/// What encode_event() says, but for its details.
struct ServiceEvent {
  std::string type;
  WallTime time;
  std::string text;
  bool operator==(const ServiceEvent&) const = default;
};
Result<ServiceEvent> decode_event(std::string_view payload);

/// {"error":{"code":"invalid","message":"..."}}
std::string encode_error(const Error& error);

}  // namespace sensors

// Watermarks, queue depths and states, from the broker.
#include "common/codec/control_json.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  if (const Result<Committed> committed = decode_committed(input); taken(committed)) {
    must(is_name(committed->store) && is_name(committed->stream), "a watermark names store and stream");
    must(committed->through <= max_seq, "a watermark is a number of a stream");
    const Result<Committed> again = decode_committed(encode_committed(*committed));
    must(again.has_value() && *again == *committed, "a watermark survives another trip");
  }
  if (const Result<QueueDepth> queue = decode_queue_depth(input); taken(queue)) {
    const Result<QueueDepth> again = decode_queue_depth(encode_queue_depth(*queue));
    must(again.has_value() && *again == *queue, "a queue depth survives another trip");
  }
  static_cast<void>(taken(decode_status_state(input)));
}

}  // namespace sensors::fuzz

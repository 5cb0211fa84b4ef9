// A batch after an outage, from the broker.
#include "common/codec/reading_json.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  static ReadingDecoder decoder;
  const auto decoded = decoder.batch(input);
  if (!taken(decoded)) return;
  must_be_valid(decoded->batch);
  must((decoded->bad_rows == 0) == decoded->first_error.empty(), "bad rows come with a reason");
  const auto again = decoder.batch(encode_batch(decoded->batch));
  must(again.has_value() && again->batch == decoded->batch && again->bad_rows == 0, "a batch survives another trip");
}

}  // namespace sensors::fuzz

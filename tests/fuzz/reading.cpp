// A live reading from the broker.
#include "common/codec/reading_json.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  static ReadingDecoder decoder;
  const Result<Batch> decoded = decoder.reading(input);
  if (!taken(decoded)) return;
  must_be_valid(*decoded);
  must(decoded->readings.size() == 1 && decoded->gaps.empty(), "a live reading is one reading");
  const Result<Batch> again =
      decoder.reading(encode_reading(decoded->readings.front(), decoded->stream, decoded->boot));
  must(again.has_value() && *again == *decoded, "a reading survives another trip");
}

}  // namespace sensors::fuzz

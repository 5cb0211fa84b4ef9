// A line that a driver program printed.
#include "common/codec/reading_json.hpp"
#include "services/sensor-publisher/logic/sample_filter.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

namespace {

constexpr WallTime moment{Millis{1'768'493'375'123}};

}  // namespace

void run(std::string_view input) {
  static ReadingDecoder decoder;
  const Result<Reading> reading = decoder.driver_line(input, Now{Instant{}, moment});
  if (!taken(reading)) return;
  must(validate(*reading).has_value(), "a reading keeps the rules");
  SampleFilter filter;
  const auto kept =
      filter.take({reading->sensor, reading->value, reading->unit, reading->time}, Now{Instant{}, moment});
  if (taken(kept)) must(kept->has_value() && **kept == *reading, "what has no deadband goes out as it is");
}

}  // namespace sensors::fuzz

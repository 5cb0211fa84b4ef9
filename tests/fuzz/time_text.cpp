// A time, from a payload or a file of old readings.
#include "common/codec/time_text.hpp"

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  const Result<WallTime> time = parse_time(input);
  if (!taken(time)) return;
  const Result<WallTime> again = parse_time(time_text(*time));
  must(again.has_value() && *again == *time, "a time survives another trip");
}

}  // namespace sensors::fuzz

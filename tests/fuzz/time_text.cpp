// A time, from a payload or a file of old readings.
#include "common/codec/time_text.hpp"
#include "common/codec/foreign_time.hpp"

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  for (const auto without_offset : {TimeRule::WithoutOffset::local, TimeRule::WithoutOffset::refuse}) {
    const TimeRule rule{without_offset, [](WallTime shown) { return std::vector<WallTime>{shown}; }};
    if (const Result<WallTime> foreign = parse_foreign_time(input, rule, WallTime{}); taken(foreign))
      must(parse_time(time_text(*foreign)) == *foreign, "a time of others is one of ours");
  }
  const Result<WallTime> time = parse_time(input);
  if (!taken(time)) return;
  const Result<WallTime> again = parse_time(time_text(*time));
  must(again.has_value() && *again == *time, "a time survives another trip");
}

}  // namespace sensors::fuzz

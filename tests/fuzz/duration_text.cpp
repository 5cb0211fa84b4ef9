// A duration in a configuration file.
#include "common/runtime/duration_text.hpp"

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  must(!duration_mistake(input).empty(), "there is something to say");
  const std::optional<Millis> duration = parse_duration(input);
  if (!duration.has_value()) return;
  must(*duration >= Millis::zero(), "a duration is not negative");
  must(parse_duration(duration_text(*duration)) == duration, "a duration survives another trip");
}

}  // namespace sensors::fuzz

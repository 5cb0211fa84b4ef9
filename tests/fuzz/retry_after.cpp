// The Retry-After header of an API.
#include "common/codec/retry_after.hpp"

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  const std::optional<Millis> wait = parse_retry_after(input, WallTime{Millis{1'768'493'375'123}});
  if (wait.has_value()) must(*wait >= Millis::zero(), "a wait is not negative");
}

}  // namespace sensors::fuzz

// The breaker that the bridge's state file holds, after whatever happened to the disk.
#include "services/sensor-http-bridge/saved_breaker.hpp"

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  const Result<bridge::SavedBreaker> saved = bridge::decode_saved_breaker(input);
  if (!taken(saved)) return;
  const auto again = bridge::decode_saved_breaker(bridge::encode_saved_breaker(*saved));
  must(again.has_value() && *again == *saved, "a saved breaker survives another trip");
  const std::optional<Millis> left = bridge::open_time_left(*saved, WallTime{Millis{1'768'493'375'123}});
  if (left.has_value()) must(*left >= Millis::zero() && *left <= saved->left, "no more is left than was");
}

}  // namespace sensors::fuzz

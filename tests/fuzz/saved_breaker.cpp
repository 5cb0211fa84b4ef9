// What the bridge's state files hold, after whatever happened to the disk: the breaker, and where writes were handed
// in.
#include "services/sensor-http-bridge/delivery/saved_breaker.hpp"

#include "services/sensor-http-bridge/web/write_homes.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

namespace {

void check_write_homes(std::string_view input) {
  const auto homes = bridge::decode_write_homes(input);
  if (!taken(homes)) return;
  must(homes->size() <= bridge::WriteHomes::max_kept, "they are bounded");
  must(bridge::decode_write_homes(bridge::WriteHomes("node", *homes).text()) == *homes, "they survive another trip");
}

}  // namespace

void run(std::string_view input) {
  check_write_homes(input);
  const Result<bridge::SavedBreaker> saved = bridge::decode_saved_breaker(input);
  if (!taken(saved)) return;
  const auto again = bridge::decode_saved_breaker(bridge::encode_saved_breaker(*saved));
  must(again.has_value() && *again == *saved, "a saved breaker survives another trip");
  const std::optional<Millis> left = bridge::open_time_left(*saved, WallTime{Millis{1'768'493'375'123}});
  if (left.has_value()) must(*left >= Millis::zero() && *left <= saved->left, "no more is left than was");
}

}  // namespace sensors::fuzz

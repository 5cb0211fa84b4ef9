// Announcements to Home Assistant that the broker has kept, of us and of others.
#include "common/codec/discovery_json.hpp"
#include "common/core/reading.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  must(decode_discovery_expiry(input) >= Millis{0}, "an expiry is not negative");
  const Result<SensorAddress> address = decode_discovery_address(input);
  if (!taken(address)) return;
  must(is_name(address->node) && is_name(address->sensor), "an announcement names node and sensor");
  must(!address->root.empty() && address->root.find('/') == std::string::npos, "a root is one level");
  DiscoveryConfig config;
  config.address = *address;
  const Result<SensorAddress> again = decode_discovery_address(encode_discovery(config));
  must(again.has_value() && *again == *address, "an address survives another trip");
}

}  // namespace sensors::fuzz

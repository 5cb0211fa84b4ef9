// Line protocol, from agents.
#include "services/sensor-http-bridge/web/line_protocol.hpp"

#include "tests/fuzz/fuzz_target.hpp"

namespace sensors::fuzz {

void run(std::string_view input) {
  const WallTime now{Millis{1'768'493'375'123}};
  for (const char* precision : {"ns", "ms", "h"}) {
    const Result<PostedReadings> posted =
        bridge::decode_line_protocol(input, now, *bridge::precision_from(precision), max_posted_readings);
    if (!taken(posted)) continue;
    must(posted->readings.size() + posted->bad_rows.size() <= max_posted_readings, "rows are bounded");
    for (const Reading& reading : posted->readings) must(validate(reading).has_value(), "a reading is valid");
    for (const BadRow& bad : posted->bad_rows) must(!bad.reason.empty(), "a bad row says why");
  }
}

}  // namespace sensors::fuzz

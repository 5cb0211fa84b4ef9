// DeliveryRig is a pipeline that delivers to a real database in line protocol, quick to try again.
#pragma once

#include <string>

#include "tests/peers/points.hpp"
#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {

inline constexpr Millis patience{60'000};

/// Three sensors; `rows` readings of each every 100 ms, all with the time of the reading.
inline RigOptions delivery_options(const std::string& url, int rows) {
  RigOptions options = live_weather("100ms", rows);
  options.bridge.set_text("destination", "url", url);
  options.bridge.set_text("destination", "token_file", "");
  options.bridge.set_text("destination", "format", "influx");
  options.bridge.set_text("destination", "interval", "100ms");
  options.bridge.set_text("destination", "retry_first", "100ms");
  options.bridge.set("destination", "max_rate", "0");
  options.bridge.set("breaker", "open_times", R"(["300ms"])");
  return options;
}

class DeliveryRig : public Rig {
 public:
  using Rig::Rig;

  /// Everything but the reference API.
  void start_pipeline() {
    broker().start();
    persistence().start();
    bridge().start();
    publisher().start();
  }

  bool has_delivered(std::uint64_t rows) const { return store().exists() && store().uploaded_through("api") >= rows; }

  /// Ends the production and waits until all that was taken is at `destination`, as far as the bridge knows.
  void drain(const std::string& destination = "api") {
    stop_production();
    wait_until("everything is delivered", patience, [&] {
      return publisher().outbox().waiting() == 0 && store().uploaded_through(destination) == store().last_id();
    });
  }
};

}  // namespace sensors::rig

// A bridge that delivers plain JSON to another one's POST /v1/readings: two pipelines in a row.
#include <algorithm>

#include "tests/rig/programs.hpp"
#include "tests/rig/rig_test.hpp"

namespace sensors::rig {
namespace {

constexpr Millis patience{60'000};

RigOptions near_options(std::uint16_t port) {
  RigOptions options;
  options.nodes = {{"node-1", weather_driver("100ms", 5)}};
  options.bridge.set_text("destination", "url", "http://127.0.0.1:" + std::to_string(port) + "/v1/readings");
  options.bridge.set_text("destination", "token_file", "");
  options.bridge.set_text("destination", "format", "json");
  options.bridge.set_text("destination", "interval", "100ms");
  options.bridge.set_text("destination", "retry_first", "100ms");
  options.bridge.set("breaker", "open_times", R"(["300ms"])");
  return options;
}

RigOptions far_options(std::uint16_t port) {
  RigOptions options;
  options.nodes = {{"far", {}}};
  options.serve_http(port, R"(["write"])");
  return options;
}

class Chain : public RigTest {
 protected:
  void TearDown() override {
    if (HasFailure()) far_folder_.keep();
    RigTest::TearDown();
  }

  /// "SENSOR MILLISECOND VALUE" of all that `rig` has stored, in order.
  static std::vector<std::string> readings(const Rig& rig) {
    std::vector<std::string> readings;
    for (const auto& stream : rig.store().streams()) {
      for (const auto& row : rig.store().rows(stream.name))
        readings.push_back(row.sensor + " " + std::to_string(row.time_ms) + " " + std::to_string(row.value));
    }
    std::sort(readings.begin(), readings.end());
    return readings;
  }

  TempDir far_folder_{"sensor-test-far"};
  std::uint16_t port_ = free_port();
  Rig near_{folder_, near_options(port_)};
  Rig far_{far_folder_, far_options(port_)};
};

TEST_F(Chain, of_two_pipelines_keeps_each_reading_once_across_kills_of_the_far_one) {
  far_.broker().start();
  far_.persistence().start();
  far_.bridge().start();
  near_.broker().start();
  near_.persistence().start();
  near_.bridge().start();
  near_.publisher().start();
  for (Service* victim : {&far_.bridge(), &far_.persistence(), &far_.bridge()}) {
    const std::uint64_t before = far_.store().exists() ? far_.store().readings() : 0;
    near_.wait_until("readings come", patience,
                     [&] { return far_.store().exists() && far_.store().readings() >= before + 100; });
    victim->kill();
    victim->start();
  }
  near_.stop_production();
  near_.wait_until("all are delivered", patience, [&] {
    return near_.publisher().outbox().waiting() == 0 &&
           near_.store().uploaded_through("api") == near_.store().last_id();
  });
  EXPECT_EQ(far_.store().readings(), near_.publisher().outbox().taken()) << folder_.log_tails();
  EXPECT_EQ(readings(far_), readings(near_));
}

}  // namespace
}  // namespace sensors::rig

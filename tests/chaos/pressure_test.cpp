// Backpressure as sensors feel it: all are read less often, but for the critical ones.
#include <map>

#include "tests/chaos/chaos_test.hpp"

namespace sensors::rig {
namespace {

class Pressure : public ChaosTest {
 protected:
  /// Readings in the store, by sensor.
  std::map<std::string, int> readings() {
    std::map<std::string, int> count;
    for (const StoreReader::Stream& stream : rig().store().streams()) {
      for (const auto& row : rig().store().rows(stream.name)) ++count[row.sensor];
    }
    return count;
  }
};

TEST_F(Pressure, slows_all_sensors_but_the_critical_ones) {
  describe({"the API hangs: sensors are read less often", "the pace is the machine's own, whatever happens",
            "a critical sensor keeps its interval of 10 s (here 100 ms), the others go to 60 s (600 ms)"});
  ChaosOptions options;
  options.nodes.emplace_back();
  options.nodes[0].drivers.set_text("driver.host", "type", "host");
  options.nodes[0].drivers.set_text("driver.host", "interval", "100ms");
  options.nodes[0].drivers.set("driver.host.sensor.load1", "critical", "true");
  options.publisher.set("pace", "steps", R"(["100ms", "300ms", "600ms"])");
  options.bridge.set("breaker", "open_times", R"(["10s"])");
  begin(std::move(options));
  rig().api().set_fault(R"({"mode":"hang"})");
  expect_status("sensor-publisher", "the slowest pace",
                [](const nlohmann::json& status) { return status.value("pace_ms", 0) == 600; });

  std::map<std::string, int> before = readings();
  const Millis start = monotonic_now();
  constexpr int rounds = 30;
  EXPECT_TRUE(comes_true(patience, [&] { return readings()["load1"] >= before["load1"] + rounds; }));
  EXPECT_LT(monotonic_now() - start, Millis{2 * rounds * 100});
  EXPECT_GT(readings()["uptime"], before["uptime"]);
  EXPECT_LE(readings()["uptime"], before["uptime"] + rounds / 6 + rounds / 6);

  rig().api().set_fault(R"({"mode":"none"})");
  expect_recovery();
  expect_nothing_lost();
}

}  // namespace
}  // namespace sensors::rig

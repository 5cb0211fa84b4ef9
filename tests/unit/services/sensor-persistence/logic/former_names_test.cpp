// What earlier runs of a store's service left at the broker under a name that its machine has no longer.
#include "common/codec/status_json.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

/// What a run says at its end; `store` may be empty.
std::string down_status(const std::string& store, const std::string& instance, WallTime now) {
  LogicOptions options = plain_options();
  options.instance = instance;
  StatusWriter details;
  if (!store.empty()) details.add("store", store);
  return Self::down_message(self_options(options), "stopped", now, std::move(details)).payload;
}

class FormerStore : public testing::Test {
 protected:
  static LogicOptions renamed() {
    LogicOptions options = plain_options();
    options.instance = "run2";
    options.former_runs = {{"pi", "run1"}};
    return options;
  }

  void hear(const std::string& payload, bool retained) {
    MqttMessage message = LogicBench::message("sensors/pi/status/sensor-persistence", payload);
    message.retained = retained;
    bench.give(std::move(message));
  }

  std::vector<std::string> cleared() const {
    std::vector<std::string> topics;
    for (const MqttPublish& message : bench.published) {
      if (message.payload.empty() && message.retain) topics.push_back(message.topic);
    }
    return topics;
  }

  LogicBench bench{renamed()};
};

TEST_F(FormerStore, is_taken_off_the_broker_once_nobody_speaks_under_its_name) {
  hear(down_status("", "run1", bench.now.wall), true);
  EXPECT_LE(bench.logic().wake_at(), bench.now.monotonic + 30s);
  bench.pass(29s);
  EXPECT_TRUE(cleared().empty());
  bench.pass(2s);
  EXPECT_EQ(cleared(),
            (std::vector<std::string>{"sensors/pi/queue/sensor-persistence", "sensors/pi/silent/sensor-persistence",
                                      "sensors/pi/status/sensor-persistence"}));
  EXPECT_TRUE(bench.logged("sensors/pi/status/sensor-persistence"));
}

TEST_F(FormerStore, that_was_copied_and_runs_is_left_alone) {
  const std::string up = encode_status(
      {"sensor-persistence", ServiceState::up, "", bench.now.wall, "1", R"("instance":"run1","store":"store1")"});
  hear(up, true);
  for (int i = 0; i < 10; ++i) {
    bench.pass(10s);
    hear(up, false);
  }
  bench.pass(1h);
  EXPECT_TRUE(cleared().empty());
}

TEST_F(FormerStore, of_another_machine_is_left_alone) {
  hear(down_status("store2", "its-own", bench.now.wall), true);
  bench.pass(1h);
  EXPECT_TRUE(cleared().empty());
}

}  // namespace
}  // namespace sensors::persistence

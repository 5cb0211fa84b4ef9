// What earlier runs of the bridge left at the broker under a name that its machine has no longer.
#include <gtest/gtest.h>

#include "common/codec/status_json.hpp"
#include "services/sensor-http-bridge/delivery/delivery.hpp"
#include "services/sensor-http-bridge/logic/bridge.hpp"

namespace sensors::bridge {
namespace {

using namespace std::chrono_literals;

class FormerBridge : public testing::Test {
 protected:
  static DeliveryOptions options_of(const std::string& node, const std::string& instance) {
    DeliveryOptions options;
    options.node = node;
    options.instance = instance;
    if (node == "attic") options.former_runs = {{"pi", "run1"}};
    return options;
  }

  void step(BridgeEvent event) {
    for (BridgeEffect& effect : bridge.step(std::move(event), now)) {
      auto* message = std::get_if<MqttPublish>(&effect);
      if (message != nullptr && message->payload.empty() && message->retain) cleared.push_back(message->topic);
    }
  }

  /// The last words of a run under the name `pi`, as it said or willed them.
  void hear_down(const std::string& instance, bool retained) {
    const MqttPublish down = Self::down_message(self_options(options_of("pi", instance)), "stopped", now.wall);
    MqttMessage message;
    message.topic = down.topic;
    message.payload = down.payload;
    message.retained = retained;
    step(std::move(message));
  }

  void pass(Millis time) {
    const Instant end = now.monotonic + time;
    while (const std::optional<Instant> at = bridge.wake_at()) {
      if (*at > end) break;
      now.monotonic = std::max(*at, now.monotonic);
      step(Tick{});
    }
    now.monotonic = end;
  }

  Now now{Instant{} + 1h, WallTime{500'000h}};
  Bridge bridge{options_of("attic", "run2"), std::nullopt, std::nullopt, std::nullopt};
  std::vector<std::string> cleared;
};

TEST_F(FormerBridge, is_taken_off_the_broker_once_nobody_speaks_under_its_name) {
  step(MqttConnected{});
  hear_down("run1", true);
  pass(29s);
  EXPECT_TRUE(cleared.empty());
  pass(2s);
  EXPECT_EQ(cleared,
            (std::vector<std::string>{"sensors/pi/queue/sensor-http-bridge", "sensors/pi/status/sensor-http-bridge"}));
}

TEST_F(FormerBridge, of_another_machine_is_left_alone) {
  step(MqttConnected{});
  hear_down("its-own", true);
  hear_down("its-own", false);
  pass(1h);
  EXPECT_TRUE(cleared.empty());
}

TEST_F(FormerBridge, is_not_taken_off_while_there_is_no_connection) {
  step(MqttConnected{});
  hear_down("run1", true);
  step(MqttDisconnected{});
  pass(1h);
  EXPECT_TRUE(cleared.empty());
  step(MqttConnected{});
  pass(1s);
  EXPECT_TRUE(cleared.empty()) << "the broker has not said yet what it keeps";
  hear_down("run1", true);
  pass(1h);
  EXPECT_EQ(cleared.size(), 2U);
}

}  // namespace
}  // namespace sensors::bridge

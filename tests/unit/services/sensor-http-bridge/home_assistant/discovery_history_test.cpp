// What Home Assistant knows of earlier runs and of others: it is found, taken back, or left alone.
#include "tests/unit/services/sensor-http-bridge/home_assistant/discovery_bench.hpp"

namespace sensors::bridge {
namespace {

TEST_F(DiscoveryTest, knows_what_an_earlier_run_announced_and_takes_it_back_when_it_stays_silent) {
  begin();
  hear_reading("a", 1.0);
  hear_reading("b", true);
  acknowledge();
  const std::map<std::string, std::string> before = kept();
  begin();
  sent.clear();
  acknowledged = 0;
  for (const auto& [topic, payload] : before) hear(topic, payload, true);
  EXPECT_EQ(discovery->sensors(), 2U);
  EXPECT_TRUE(sent.empty()) << "what is there is not said again before it is heard";
  hear_reading("a", true);  // it was a number
  acknowledge();
  for (int day = 0; day < 31; ++day) {
    pass(std::chrono::hours{24});
    hear_reading("a", true);
    acknowledge();
  }
  std::vector<std::string> taken_back;
  for (const MqttPublish& message : sent) {
    if (message.payload.empty()) taken_back.push_back(message.topic);
  }
  EXPECT_EQ(taken_back, (std::vector<std::string>{"homeassistant/sensor/kitchen/a/config",
                                                  "homeassistant/binary_sensor/kitchen/b/config"}));
}

TEST_F(DiscoveryTest, takes_back_the_sensors_of_a_name_that_the_machine_had_before) {
  DiscoveryConfig former;
  former.address = {"sensors", "attic", "temperature"};
  DiscoveryConfig other = former;
  other.address.node = "garden";
  const auto announced = [](const DiscoveryConfig& config) {
    return discovery_topic("homeassistant", config.address, config.kind);
  };
  DiscoveryOptions options;
  options.former_nodes = {"attic"};
  begin(options);
  hear(announced(former), encode_discovery(former), true);
  hear(announced(other), encode_discovery(other), true);
  pass(std::chrono::minutes{9});
  EXPECT_TRUE(sent.empty());
  pass(std::chrono::minutes{12});
  ASSERT_EQ(sent.size(), 1U) << "the other machine is only away";
  EXPECT_EQ(sent[0].topic, announced(former));
  EXPECT_TRUE(sent[0].payload.empty() && sent[0].retain);
}

TEST_F(DiscoveryTest, leaves_a_former_name_to_the_machine_that_speaks_under_it) {
  DiscoveryConfig seldom;
  seldom.address = {"sensors", "kitchen", "door"};
  DiscoveryOptions options;
  options.former_nodes = {"kitchen"};
  begin(options);
  hear(discovery_topic("homeassistant", seldom.address, seldom.kind), encode_discovery(seldom), true);
  for (int i = 0; i < 20; ++i) {
    hear_reading("temperature", 1.0, "Cel");
    acknowledge();
    pass(std::chrono::minutes{5});
  }
  EXPECT_EQ(discovery->counters().removed, 0U);
  pass(std::chrono::minutes{25});
  EXPECT_EQ(discovery->counters().removed, 2U) << "it is gone as well";
}

TEST_F(DiscoveryTest, takes_back_the_announcement_of_another_kind_that_it_hears_of_late) {
  begin();
  hear_reading("a", 1.0);
  acknowledge();
  DiscoveryConfig earlier;
  earlier.address = {"sensors", "kitchen", "a"};
  earlier.kind = DiscoveryConfig::Kind::boolean;
  hear("homeassistant/binary_sensor/kitchen/a/config", encode_discovery(earlier), true);
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].topic, "homeassistant/binary_sensor/kitchen/a/config");
  EXPECT_EQ(sent[1].payload, "");
  hear("homeassistant/sensor/kitchen/a/config", sent[0].payload, true);
  EXPECT_EQ(sent.size(), 2U) << "its own stays";
}

TEST_F(DiscoveryTest, leaves_alone_what_others_announce_and_the_echo_of_its_own) {
  begin();
  hear("homeassistant/sensor/0x12/temperature/config", R"({"unique_id":"0x12","state_topic":"zigbee2mqtt/x"})", true);
  DiscoveryConfig ours;
  ours.address = {"sensors", "kitchen", "a"};
  hear("homeassistant/sensor/kitchen/a/config", encode_discovery(ours));                // live
  hear("homeassistant/sensor/kitchen/elsewhere/config", encode_discovery(ours), true);  // not its topic
  ours.address.root = "other";
  hear("homeassistant/sensor/kitchen/a/config", encode_discovery(ours), true);
  EXPECT_EQ(discovery->sensors(), 0U);
  EXPECT_TRUE(sent.empty());
}

TEST_F(DiscoveryTest, takes_everything_of_its_own_back_when_it_is_to_be_removed) {
  begin();
  hear_reading("a", 1.0);
  hear_reading("b", true);
  acknowledge();
  const std::map<std::string, std::string> before = kept();
  DiscoveryOptions options;
  options.is_removing = true;
  begin(options);
  for (const auto& [topic, payload] : before) hear(topic, payload, true);
  hear_reading("c", 1.0);
  acknowledge();
  EXPECT_TRUE(kept().empty());
  EXPECT_EQ(discovery->counters().announced, 0U);
  EXPECT_EQ(discovery->counters().removed, 2U);
}

}  // namespace
}  // namespace sensors::bridge

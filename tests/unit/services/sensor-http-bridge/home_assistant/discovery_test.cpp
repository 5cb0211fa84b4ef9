// What Home Assistant is told, on virtual time.
#include "services/sensor-http-bridge/home_assistant/units.hpp"
#include "services/sensor-http-bridge/logic/bridge.hpp"
#include "tests/unit/services/sensor-http-bridge/home_assistant/discovery_bench.hpp"

namespace sensors::bridge {
namespace {

TEST_F(DiscoveryTest, announces_a_sensor_with_its_first_live_reading_and_not_again) {
  begin();
  hear_reading("bme280.temperature", 21.5, "Cel");
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].topic, temperature_topic);
  EXPECT_NE(sent[0].payload.find(R"("unit_of_measurement":"°C","device_class":"temperature","state_class":"measur)"),
            std::string::npos)
      << sent[0].payload;
  acknowledge();
  for (int i = 0; i < 100; ++i) {
    pass(Millis{1'000});
    hear_reading("bme280.temperature", 22.0, "Cel");
  }
  EXPECT_EQ(sent.size(), 1U);
}

TEST_F(DiscoveryTest, says_what_each_kind_of_value_is) {
  begin();
  hear_reading("door", true);
  hear_reading("mode", std::string("eco"), "Cel");
  hear_reading("meter", 1.5, "kWh");
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[0].topic, "homeassistant/binary_sensor/kitchen/door/config");
  EXPECT_EQ(sent[1].topic, "homeassistant/sensor/kitchen/mode/config");
  EXPECT_EQ(sent[1].payload.find("unit_of_measurement"), std::string::npos) << "a text with a unit is refused there";
  EXPECT_NE(sent[2].payload.find(R"("device_class":"energy")"), std::string::npos);
  EXPECT_EQ(sent[2].payload.find("state_class"), std::string::npos) << "energy adds up: no mean of it";
}

TEST_F(DiscoveryTest, announces_all_again_when_Home_Assistant_starts_and_when_the_broker_is_back) {
  begin();
  hear_reading("a", 1.0);
  hear_reading("b", true);
  acknowledge();
  sent.clear();
  acknowledged = 0;
  hear("homeassistant/status", "offline");
  EXPECT_TRUE(sent.empty());
  hear("homeassistant/status", "online");
  EXPECT_EQ(sent.size(), 2U);
  acknowledge();
  step(MqttDisconnected{"gone"});
  hear("homeassistant/status", "online");
  EXPECT_EQ(sent.size(), 2U) << "there is nobody to tell";
  step(MqttConnected{});
  EXPECT_EQ(sent.size(), 4U);
}

TEST_F(DiscoveryTest, has_ten_messages_under_way_at_most) {
  begin();
  for (int i = 0; i < 25; ++i) hear_reading("s" + std::to_string(i), 1.0);
  EXPECT_EQ(sent.size(), 10U);
  acknowledge();
  EXPECT_EQ(sent.size(), 20U);
  acknowledge();
  acknowledge();
  EXPECT_EQ(kept().size(), 25U);
  hear("homeassistant/status", "online");
  hear("homeassistant/status", "online");
  for (int i = 0; i < 10; ++i) acknowledge();
  EXPECT_EQ(sent.size(), 25U + 25 + 10) << "who is told at the second time is only who was told at the first";
}

TEST_F(DiscoveryTest, follows_a_change_of_unit_or_kind_but_not_one_that_goes_back_and_forth) {
  begin();
  hear_reading("a", 1.0, "Cel");
  acknowledge();
  pass(Millis{61'000});
  hear_reading("a", 1.0, "K");
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_NE(sent[1].payload.find(R"("unit_of_measurement":"K")"), std::string::npos);
  acknowledge();
  pass(Millis{61'000});
  hear_reading("a", true);
  acknowledge();
  ASSERT_EQ(kept().size(), 1U);
  EXPECT_EQ(kept().begin()->first, "homeassistant/binary_sensor/kitchen/a/config") << "the other one is taken back";
  const std::size_t before = sent.size();
  for (int i = 0; i < 600; ++i) {
    pass(Millis{1'000});
    if (i % 2 == 0) {
      hear_reading("a", 1.0);
    } else {
      hear_reading("a", true);
    }
    acknowledge();
  }
  EXPECT_LE(sent.size() - before, 2U * 11) << "two messages a minute at most";
}

TEST_F(DiscoveryTest, takes_back_a_sensor_that_is_silent_for_good_and_announces_it_when_it_returns) {
  begin();
  hear_reading("a", 1.0);
  hear_reading("b", 1.0);
  acknowledge();
  for (int day = 0; day < 32; ++day) {
    pass(std::chrono::hours{24});
    hear_reading("b", 1.0);
    acknowledge();
  }
  EXPECT_EQ(kept().size(), 1U);
  EXPECT_EQ(kept().begin()->first, "homeassistant/sensor/kitchen/b/config");
  EXPECT_EQ(discovery->counters().removed, 1U);
  ASSERT_FALSE(log.empty());
  EXPECT_NE(log.back().find("1 sensors were silent"), std::string::npos) << log.back();
  hear_reading("a", 1.0);
  acknowledge();
  EXPECT_EQ(kept().size(), 2U);
}

TEST_F(DiscoveryTest, does_not_count_the_time_without_a_broker_as_silence) {
  begin();
  hear_reading("a", 1.0);
  acknowledge();
  step(MqttDisconnected{"gone"});
  pass(std::chrono::hours{24 * 60});
  step(MqttConnected{});
  pass(std::chrono::hours{24 * 29});
  acknowledge();
  EXPECT_EQ(kept().size(), 1U);
}

std::int64_t expiry_of(const std::map<std::string, std::string>& kept, const std::string& topic) {
  return std::chrono::duration_cast<std::chrono::seconds>(decode_discovery_expiry(kept.at(topic))).count();
}

TEST_F(DiscoveryTest, a_number_that_is_not_heard_of_for_long_is_unavailable_and_what_only_happens_stays) {
  DiscoveryOptions options;
  options.keep_last = {"rain.*"};
  begin(options);
  hear_reading("bme280.temperature", 21.5, "Cel");
  hear_reading("rain.tip", 0.2, "mm");
  hear_reading("door", true);
  hear_reading("mode", "away");
  EXPECT_EQ(expiry_of(kept(), temperature_topic), 3600);
  EXPECT_EQ(expiry_of(kept(), "homeassistant/sensor/kitchen/rain_tip/config"), 0);
  EXPECT_EQ(expiry_of(kept(), "homeassistant/binary_sensor/kitchen/door/config"), 0);
  EXPECT_EQ(expiry_of(kept(), "homeassistant/sensor/kitchen/mode/config"), 0);
}

TEST_F(DiscoveryTest, a_sensor_that_seldom_speaks_has_longer_and_one_outage_changes_nothing) {
  begin();
  hear_reading("bme280.temperature", 21.5, "Cel");
  pass(std::chrono::hours{48});  // an outage
  hear_reading("bme280.temperature", 21.5, "Cel");
  pass(Millis{10'000});
  hear_reading("bme280.temperature", 21.5, "Cel");
  EXPECT_EQ(expiry_of(kept(), temperature_topic), 3600);
  for (int i = 0; i < 2; ++i) {
    pass(std::chrono::hours{1});
    hear_reading("bme280.temperature", 21.5, "Cel");
  }
  EXPECT_EQ(expiry_of(kept(), temperature_topic), 4 * 3600);
  const std::size_t said = sent.size();
  pass(std::chrono::hours{1});
  hear_reading("bme280.temperature", 21.5, "Cel");
  EXPECT_EQ(sent.size(), said);
}

TEST_F(DiscoveryTest, what_an_earlier_run_learnt_of_a_sensor_is_not_forgotten) {
  begin();
  DiscoveryConfig earlier;
  earlier.address = {"sensors", "kitchen", "bme280.temperature"};
  earlier.expire_after = std::chrono::hours{72};
  hear(temperature_topic, encode_discovery(earlier), true);
  hear_reading("bme280.temperature", 21.5, "Cel");
  EXPECT_EQ(expiry_of(kept(), temperature_topic), 72 * 3600);
}

TEST_F(DiscoveryTest, nothing_expires_where_that_is_switched_off) {
  DiscoveryOptions options;
  options.expire_after = Millis{0};
  begin(options);
  hear_reading("bme280.temperature", 21.5, "Cel");
  EXPECT_EQ(expiry_of(kept(), temperature_topic), 0);
}

TEST_F(DiscoveryTest, counts_sensors_that_there_is_no_room_for_and_says_so_once) {
  DiscoveryOptions options;
  options.max_sensors = 2;
  begin(options);
  for (int i = 0; i < 10; ++i) hear_reading("s" + std::to_string(i), 1.0);
  EXPECT_EQ(sent.size(), 2U);
  EXPECT_EQ(discovery->counters().beyond_limit, 8U);
  EXPECT_EQ(log.size(), 1U);
  StatusWriter status;
  discovery->describe(status);
  EXPECT_EQ(status.object(), R"({"counters":{"home_assistant":{"announced":2,"removed":0,"refused":0,)"
                             R"("beyond_limit":8,"malformed":0}}})");
}

TEST_F(DiscoveryTest, says_again_later_what_the_broker_did_not_take) {
  begin();
  hear_reading("a", 1.0);
  ASSERT_EQ(sent.size(), 1U);
  step(MqttPublished{sent[0].id, fail(ErrorCode::rejected, "not authorized")});
  EXPECT_EQ(discovery->counters().refused, 1U);
  ASSERT_EQ(log.size(), 1U);
  EXPECT_NE(log[0].find("broker-config/acl"), std::string::npos) << log[0];
  pass(Millis{29'000});
  EXPECT_EQ(sent.size(), 1U);
  pass(Millis{2'000});
  EXPECT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].topic, sent[0].topic);
}

TEST_F(DiscoveryTest, does_not_take_a_lost_connection_for_a_refusal) {
  begin();
  hear_reading("a", 1.0);
  ASSERT_EQ(sent.size(), 1U);
  step(MqttPublished{sent[0].id, fail(ErrorCode::disconnected, "gone")});
  step(MqttDisconnected{"gone"});
  step(MqttConnected{});
  EXPECT_EQ(sent.size(), 2U) << "at once";
  EXPECT_EQ(discovery->counters().refused, 0U);
}

TEST_F(DiscoveryTest, takes_back_what_was_under_way_when_the_connection_broke) {
  DiscoveryOptions options;
  options.is_removing = true;
  begin(options);
  DiscoveryConfig ours;
  ours.address = {"sensors", "kitchen", "a"};
  hear("homeassistant/sensor/kitchen/a/config", encode_discovery(ours), true);
  ASSERT_EQ(sent.size(), 1U);
  step(MqttDisconnected{"gone"});
  step(MqttConnected{});
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].topic, sent[0].topic);
}

TEST_F(DiscoveryTest, counts_readings_that_it_cannot_read) {
  begin();
  hear("sensors/kitchen/reading/a", "21.5");
  hear("sensors/kitchen/reading/a", encode_reading({1, {"b", 1.0, "", WallTime{}}}, "stream"));
  hear("sensors/kitchen/status/sensor-publisher", "{}");
  EXPECT_EQ(discovery->counters().malformed, 2U);
  EXPECT_EQ(discovery->sensors(), 0U);
}

TEST_F(DiscoveryTest, subscribes_to_readings_only_when_it_announces_them) {
  DiscoveryOptions options;
  EXPECT_EQ(discovery_subscriptions(options),
            (std::vector<std::string>{"homeassistant/sensor/+/+/config", "homeassistant/binary_sensor/+/+/config",
                                      "sensors/+/reading/+", "homeassistant/status"}));
  options.is_removing = true;
  EXPECT_EQ(discovery_subscriptions(options).size(), 2U);
}

TEST(HomeUnits, have_a_class_where_the_unit_leaves_no_choice) {
  EXPECT_EQ(home_unit("Cel"), (HomeUnit{"°C", "temperature"}));
  EXPECT_EQ(home_unit("%RH"), (HomeUnit{"%", "humidity"}));
  EXPECT_EQ(home_unit("hPa"), (HomeUnit{"hPa", "pressure"}));
  EXPECT_EQ(home_unit("kW.h"), (HomeUnit{"kWh", "energy", true}));
  EXPECT_EQ(home_unit("%"), (HomeUnit{"%", ""}));
  EXPECT_EQ(home_unit("[ppm]"), (HomeUnit{"ppm", ""}));
  EXPECT_EQ(home_unit("mm"), (HomeUnit{"mm", ""}));
  EXPECT_EQ(home_unit("1"), (HomeUnit{"", ""}));
  EXPECT_EQ(home_unit(""), (HomeUnit{"", ""}));
  EXPECT_EQ(home_unit("furlong"), (HomeUnit{"furlong", ""}));
}

/// The whole of the service's decisions: readings reach the discovery, its PUBACKs too, its counters stand in the
/// status.
TEST(BridgeWithDiscovery, announces_beside_the_uploads_and_counts_in_the_status) {
  DeliveryOptions options;
  options.node = "kitchen";
  Bridge bridge(options, std::nullopt, std::nullopt, DiscoveryOptions{});
  Now now{Instant{} + std::chrono::hours{1}, WallTime{std::chrono::hours{500'000}}};
  bridge.step(MqttConnected{}, now);
  std::vector<MqttPublish> announced;
  std::string status;
  const auto step = [&](BridgeEvent event) {
    for (BridgeEffect& effect : bridge.step(std::move(event), now)) {
      auto* message = std::get_if<MqttPublish>(&effect);
      if (message == nullptr) continue;
      if (message->topic.ends_with("/status/sensor-http-bridge")) status = message->payload;
      if (message->topic.starts_with("homeassistant/")) announced.push_back(std::move(*message));
    }
  };
  for (int i = 0; i < 11; ++i) {
    MqttMessage reading;
    reading.topic = "sensors/kitchen/reading/s" + std::to_string(i);
    reading.payload = encode_reading({1, {"s" + std::to_string(i), 1.0, "", WallTime{}}}, "stream");
    step(reading);
  }
  ASSERT_EQ(announced.size(), 10U);
  step(MqttPublished{announced[0].id, {}});
  EXPECT_EQ(announced.size(), 11U);
  now.monotonic += std::chrono::seconds{10};
  step(Tick{});
  EXPECT_NE(status.find(R"("home_assistant":{"announced":11,)"), std::string::npos) << status;
}

}  // namespace
}  // namespace sensors::bridge

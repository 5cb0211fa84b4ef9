// What the bridge hears from the broker, and which of its sides hears it.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "common/codec/reading_json.hpp"
#include "services/sensor-http-bridge/logic/bridge.hpp"

namespace sensors::bridge {
namespace {

DeliveryOptions renamed() {
  DeliveryOptions options;
  options.node = "attic";
  options.former_runs = {{"pi", "run1"}};
  return options;
}

bool hears(const std::vector<std::string>& filters, const std::string& filter) {
  return std::find(filters.begin(), filters.end(), filter) != filters.end();
}

TEST(BridgeSubscriptions, without_sides_are_answers_orders_and_its_own_status_under_each_name) {
  const std::vector<std::string> filters = subscriptions_of(renamed(), std::nullopt, std::nullopt);
  EXPECT_EQ(filters.size(), 4U);
  EXPECT_TRUE(hears(filters, "sensors/attic/rpc-reply/sensor-http-bridge"));
  EXPECT_TRUE(hears(filters, "sensors/attic/control/sensor-http-bridge"));
  EXPECT_TRUE(hears(filters, "sensors/attic/status/sensor-http-bridge"));
  EXPECT_TRUE(hears(filters, "sensors/pi/status/sensor-http-bridge"));
}

TEST(BridgeSubscriptions, of_both_sides_stand_once_each_as_the_broker_sends_a_message_for_each) {
  WebOptions web;
  web.node = "attic";
  const std::vector<std::string> filters = subscriptions_of(renamed(), web, DiscoveryOptions{});
  EXPECT_EQ(std::set<std::string>(filters.begin(), filters.end()).size(), filters.size());
  EXPECT_FALSE(hears(filters, "sensors/attic/status/sensor-http-bridge")) << "the filters of the web side cover it";
}

// ---- the page ----

TEST(BridgePage, that_is_not_served_is_in_the_status_with_what_to_do_and_all_else_goes_on) {
  DeliveryOptions options;
  options.node = "attic";
  options.delivers = false;
  WebOptions web;
  web.node = "attic";
  Bridge bridge(options, std::nullopt, web, std::nullopt);
  std::string status;
  const auto step = [&](BridgeEvent event) {
    for (BridgeEffect& effect : bridge.step(std::move(event), Now{})) {
      if (auto* message = std::get_if<MqttPublish>(&effect);
          message != nullptr && message->topic.find("/status/") != std::string::npos)
        status = message->payload;
    }
  };
  step(MqttConnected{});
  EXPECT_NE(status.find(R"("state":"up")"), std::string::npos) << status;
  step(WebListening{fail(ErrorCode::in_use, "listen on 127.0.0.1:8080: Address already in use")});
  EXPECT_NE(
      status.find(R"("state":"degraded","reason":"no web page: listen on 127.0.0.1:8080: Address already in use)"),
      std::string::npos)
      << status;
  EXPECT_NE(status.find("write another one at listen below [http]"), std::string::npos) << status;
  step(WebListening{Result<void>{}});
  EXPECT_NE(status.find(R"("state":"up")"), std::string::npos) << status;
}

// ---- ids of publishes ----

/// A bridge whose upload and whose discovery both wait for the broker, each for its own first message.
class BridgeIdsTest : public testing::Test {
 protected:
  BridgeIdsTest() {
    step(MqttConnected{});
    for (int i = 0; i < 11; ++i) {
      const std::string name = "s" + std::to_string(i);
      step(MqttMessage{"sensors/attic/reading/" + name, encode_reading({1, {name, 1.5, "", WallTime{}}}, "run"), "",
                       ""});
    }
  }

  void step(BridgeEvent event) {
    for (BridgeEffect& effect : bridge.step(std::move(event), now)) {
      if (auto* line = std::get_if<LogLine>(&effect); line != nullptr) log += line->text + "\n";
      if (auto* message = std::get_if<MqttPublish>(&effect); message != nullptr && message->id != 0)
        sent.push_back(std::move(*message));
    }
  }
  std::vector<std::uint64_t> ids_of(std::string_view topic_part) const {
    std::vector<std::uint64_t> ids;
    for (const MqttPublish& message : sent) {
      if (message.topic.find(topic_part) != std::string::npos) ids.push_back(message.id);
    }
    return ids;
  }

  Now now{Instant{} + std::chrono::hours{1}, WallTime{std::chrono::hours{500'000}}};
  Bridge bridge{renamed(), std::nullopt, std::nullopt, DiscoveryOptions{}};
  std::vector<MqttPublish> sent;
  std::string log;
};

TEST_F(BridgeIdsTest, no_two_messages_have_one_id) {
  std::set<std::uint64_t> ids;
  for (const MqttPublish& message : sent) EXPECT_TRUE(ids.insert(message.id).second) << message.topic;
  EXPECT_EQ(ids_of("/rpc/upload").size(), 1U);
  EXPECT_EQ(ids_of("homeassistant/").size(), 10U) << "so many are under way at most";
}

TEST_F(BridgeIdsTest, an_acknowledgement_goes_to_the_side_that_asked) {
  step(MqttPublished{ids_of("homeassistant/").front(), {}});
  EXPECT_EQ(ids_of("homeassistant/").size(), 11U);
  EXPECT_EQ(log.find("did not take"), std::string::npos) << log;
}

TEST_F(BridgeIdsTest, a_refusal_goes_to_the_side_that_asked_and_to_no_other) {
  step(MqttPublished{ids_of("/rpc/upload").front(), fail(ErrorCode::rejected, "not authorized")});
  EXPECT_NE(log.find("the broker did not take the request"), std::string::npos) << log;
  EXPECT_EQ(log.find("announcement"), std::string::npos) << log;
  EXPECT_EQ(ids_of("homeassistant/").size(), 10U);
}

TEST_F(BridgeIdsTest, an_answer_that_came_already_or_that_nobody_waits_for_changes_nothing) {
  const std::uint64_t id = ids_of("homeassistant/").front();
  step(MqttPublished{id, {}});
  step(MqttPublished{id, {}});
  step(MqttPublished{1'000'000, fail(ErrorCode::rejected, "not authorized")});
  EXPECT_EQ(ids_of("homeassistant/").size(), 11U);
  EXPECT_EQ(log.find("did not take"), std::string::npos) << log;
}

TEST(PublishIds, what_wants_no_answer_gets_no_id_and_what_is_answered_is_forgotten) {
  PublishIds<int> ids;
  EXPECT_EQ(ids.give(1, MqttPublish{}).id, 0U);
  MqttPublish message;
  message.id = 7;
  const std::uint64_t id = ids.give(1, message).id;
  EXPECT_NE(ids.give(2, message).id, id);
  EXPECT_EQ(ids.size(), 2U);
  const auto answered = ids.take({id, {}});
  ASSERT_TRUE(answered.has_value());
  EXPECT_EQ(answered->asker, 1);
  EXPECT_EQ(answered->published.id, 7U);
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_FALSE(ids.take({id, {}}).has_value());
}

}  // namespace
}  // namespace sensors::bridge

#include <gtest/gtest.h>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "services/sensorctl/doctor/status_collector.hpp"

namespace sensors::doctor {
namespace {

MqttMessage message(const std::string& topic, const std::string& payload, bool retained) {
  MqttMessage message;
  message.topic = topic;
  message.payload = payload;
  message.retained = retained;
  return message;
}

MqttMessage status(bool retained) {
  return message("sensors/kitchen/status/a", encode_status({"a", ServiceState::up, "", WallTime{}, "0.1.0", ""}),
                 retained);
}

MqttMessage queue(std::uint64_t depth, bool retained) {
  return message("sensors/kitchen/queue/a", encode_queue_depth({.depth = depth}), retained);
}

class Collecting : public testing::Test {
 protected:
  StatusCollector collector{{"a"}, Millis{10'000}};
};

TEST_F(Collecting, knows_nothing_of_a_service_that_says_nothing) {
  const BrokerFacts facts = collector.facts(Millis{13'000});
  ASSERT_EQ(facts.services.size(), 1U);
  EXPECT_FALSE(facts.services[0].status.has_value());
  EXPECT_FALSE(collector.is_complete());
  EXPECT_EQ(facts.listened, Millis{13'000});
}

TEST_F(Collecting, does_not_take_a_retained_status_for_a_sign_of_life) {
  collector.take(status(true), Millis{0});
  EXPECT_TRUE(collector.facts(Millis{1}).services[0].status.has_value());
  EXPECT_FALSE(collector.facts(Millis{1}).services[0].is_fresh);
  collector.take(status(false), Millis{4'000});
  EXPECT_TRUE(collector.facts(Millis{5'000}).services[0].is_fresh);
  EXPECT_EQ(collector.facts(Millis{5'000}).services[0].status_age, Millis{1'000});
}

TEST_F(Collecting, is_complete_with_a_fresh_status_and_two_depths_that_give_a_trend) {
  collector.take(status(false), Millis{100});
  collector.take(queue(30, true), Millis{0});
  EXPECT_FALSE(collector.is_complete());
  collector.take(queue(10, false), Millis{200});
  EXPECT_TRUE(collector.is_complete());
  const auto samples = collector.facts(Millis{200}).services[0].queue;
  EXPECT_EQ(samples.back().heard_at - samples.front().heard_at, Millis{10'000})
      << "it was published an interval before";
}

TEST_F(Collecting, ignores_others_and_what_is_no_queue) {
  collector.take(message("sensors/kitchen/status/b", "{}", false), Millis{0});
  collector.take(message("sensors/kitchen/queue/a", "{}", false), Millis{0});
  collector.take(message("nonsense", "{}", false), Millis{0});
  EXPECT_FALSE(collector.facts(Millis{0}).services[0].status.has_value());
  EXPECT_TRUE(collector.facts(Millis{0}).services[0].queue.empty());
}

TEST_F(Collecting, keeps_the_first_and_the_newest_of_many_depths) {
  for (int i = 0; i < 100; ++i) collector.take(queue(static_cast<std::uint64_t>(i), false), Millis{i});
  const auto samples = collector.facts(Millis{100}).services[0].queue;
  EXPECT_LE(samples.size(), 16U);
  EXPECT_EQ(samples.front().queue.depth, 0U);
  EXPECT_EQ(samples.back().queue.depth, 99U);
}

TEST_F(Collecting, keeps_a_status_that_cannot_be_read_as_such) {
  collector.take(message("sensors/kitchen/status/a", "?", false), Millis{0});
  EXPECT_FALSE(collector.facts(Millis{0}).services[0].status->has_value());
}

}  // namespace
}  // namespace sensors::doctor

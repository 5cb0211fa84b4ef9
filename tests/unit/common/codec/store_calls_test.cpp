// Calls to the store and their answers, on virtual time.
#include "common/codec/store_calls.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

MqttMessage answer_to(const MqttPublish& request, const std::string& topic = "") {
  MqttMessage answer;
  answer.topic = topic.empty() ? request.response_topic : topic;
  answer.correlation = request.correlation;
  return answer;
}

class StoreCallsTest : public testing::Test {
 protected:
  MqttPublish open(const std::string& purpose) { return calls.open("kitchen", "query", "{}", purpose, now); }

  Instant now{std::chrono::hours{1}};
  StoreCalls<std::string> calls{{"sensors", "tool", "run7", 2, Millis{5'000}}};
};

TEST_F(StoreCallsTest, a_request_goes_to_the_store_of_its_node_and_says_where_the_answer_is_to_go) {
  const MqttPublish request = open("first");
  EXPECT_EQ(request.id, 1U);
  EXPECT_EQ(request.topic, "sensors/kitchen/rpc/query");
  EXPECT_EQ(request.payload, "{}");
  EXPECT_EQ(request.response_topic, "sensors/kitchen/rpc-reply/tool");
  EXPECT_FALSE(request.retain);
}

TEST_F(StoreCallsTest, answers_find_their_calls_in_any_order_and_once) {
  const MqttPublish first = open("first");
  const MqttPublish second = open("second");
  EXPECT_TRUE(calls.is_full());
  EXPECT_EQ(calls.take_answer(answer_to(second)), "second");
  EXPECT_FALSE(calls.take_answer(answer_to(second)).has_value()) << "that call is over";
  EXPECT_EQ(calls.take_answer(answer_to(first)), "first");
  EXPECT_EQ(calls.size(), 0U);
}

TEST_F(StoreCallsTest, an_answer_of_another_store_or_to_another_caller_or_run_is_none) {
  const MqttPublish request = open("first");
  StoreCalls<std::string> other{{"sensors", "tool", "run8", 1, Millis{5'000}}};
  EXPECT_FALSE(calls.take_answer(answer_to(request, "sensors/attic/rpc-reply/tool")).has_value());
  EXPECT_FALSE(calls.take_answer(answer_to(other.open("kitchen", "query", "", "theirs", now))).has_value());
  EXPECT_FALSE(calls.take_answer(MqttMessage{request.response_topic, "", "", "", false}).has_value());
  EXPECT_EQ(calls.size(), 1U);
}

TEST_F(StoreCallsTest, a_call_is_overdue_at_its_deadline_and_its_answer_then_nobodys) {
  const MqttPublish first = open("first");
  now += Millis{1'000};
  open("second");
  EXPECT_EQ(calls.wake_at(), now + Millis{4'000});
  EXPECT_TRUE(calls.take_overdue(now + Millis{3'999}).empty());
  EXPECT_EQ(calls.take_overdue(now + Millis{4'000}), std::vector<std::string>{"first"});
  EXPECT_EQ(calls.wake_at(), now + Millis{5'000});
  EXPECT_FALSE(calls.take_answer(answer_to(first)).has_value());
}

TEST_F(StoreCallsTest, only_a_request_that_the_broker_refused_is_over_with_its_answer) {
  const MqttPublish first = open("first");
  EXPECT_FALSE(calls.take_refusal({first.id, {}}).has_value()) << "the broker has it: now the store's answer counts";
  EXPECT_FALSE(calls.take_refusal({first.id + 1, fail(ErrorCode::rejected, "no")}).has_value());
  EXPECT_EQ(calls.take_refusal({first.id, fail(ErrorCode::rejected, "no")}), "first");
  EXPECT_FALSE(calls.wake_at().has_value());
}

TEST_F(StoreCallsTest, with_the_connection_all_are_over) {
  open("first");
  open("second");
  EXPECT_EQ(calls.take_all(), (std::vector<std::string>{"first", "second"}));
  EXPECT_FALSE(calls.is_full());
}

}  // namespace
}  // namespace sensors

// Attempts that fail, the breaker that they open, and an operator who takes it in hand.
#include "services/sensor-http-bridge/delivery/delivery.hpp"

#include <gtest/gtest.h>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "tests/unit/services/sensor-http-bridge/delivery/timeline.hpp"

namespace sensors::bridge {
namespace {

using State = CircuitBreaker::State;

TEST(BridgeLogic, opens_after_three_failures_and_leaves_the_api_alone_for_a_minute) {
  Timeline t;
  with_post(t);
  t.open_the_breaker();
  EXPECT_EQ(t.posts.size(), 3U);
  EXPECT_TRUE(t.logged("Circuit breaker OPEN - API failures exceeded threshold (3)"));
  EXPECT_NE(t.newest("event").find("Circuit breaker OPEN"), std::string::npos);
  EXPECT_NE(t.newest("queue").find("\"pressure\":true"), std::string::npos);
  EXPECT_NE(t.newest("status").find("\"http_500\":3"), std::string::npos);
  const std::size_t requests = t.requests.size();
  t.pass(Millis{59'999});
  EXPECT_EQ(t.requests.size(), requests);
  t.pass(Millis{1});
  EXPECT_EQ(t.requests.size(), requests + 1);
  EXPECT_TRUE(t.logged("Circuit breaker HALF_OPEN"));
  t.store_answers();
  t.api_answers(200);
  EXPECT_TRUE(t.logged("Circuit breaker CLOSED - recovered after 60 s"));
}

TEST(BridgeLogic, retries_the_same_range_with_the_same_key) {
  Timeline t;
  with_post(t);
  t.open_the_breaker();
  for (const HttpPost& post : t.posts) EXPECT_EQ(key_range(post), "w5n2c8t4hj6b:api:1-10");
}

TEST(BridgeLogic, waits_as_long_as_retry_after_says) {
  Timeline t;
  with_post(t);
  t.api_answers(503, "120");
  EXPECT_EQ(t.logic.breaker().state(), State::open);
  t.pass(Millis{119'999});
  EXPECT_EQ(t.count("upload"), 1U);
  t.pass(Millis{1});
  EXPECT_EQ(t.count("upload"), 2U);
}

TEST(BridgeLogic, ignores_the_late_outcome_of_a_post_that_was_given_up) {
  Timeline t;
  with_post(t);
  t.pass(Millis{25'000});
  EXPECT_EQ(t.logic.counters().failures.at("stuck"), 1U);
  const std::uint64_t given_up = t.posts.front().id;
  t.step(HttpFinished{given_up, HttpReply{200, "", std::nullopt, ""}, Millis{0}});
  EXPECT_EQ(t.count("uploaded"), 0U);
  EXPECT_EQ(t.logic.counters().late_outcomes, 1U);
}

// The loop stood still: the outcome waits in the inbox, and nothing looked at the time before it.
TEST(BridgeLogic, an_outcome_that_is_taken_after_its_deadline_is_no_success) {
  Timeline t;
  with_post(t);
  t.now.monotonic += Millis{25'000};
  t.step(HttpFinished{t.posts.front().id, HttpReply{200, "", std::nullopt, "{}"}, Millis{20}});
  EXPECT_EQ(t.count("uploaded"), 0U);
  EXPECT_EQ(t.logic.counters().late_outcomes, 1U);
  EXPECT_EQ(t.logic.counters().failures.at("stuck"), 1U);
}

TEST(BridgeLogic, a_stuck_http_client_is_an_overdue_obligation) {
  Timeline t;
  with_post(t);
  t.pass(Millis{20'000});
  EXPECT_FALSE(t.logic.liveness().overdue(t.now.monotonic).has_value());
  t.pass(Millis{1});
  EXPECT_TRUE(t.logic.liveness().overdue(t.now.monotonic).has_value());
}

TEST(BridgeLogic, an_open_breaker_survives_a_restart) {
  Timeline t;
  with_post(t);
  t.open_the_breaker();
  const Result<SavedBreaker> saved = decode_saved_breaker(t.saved);
  ASSERT_TRUE(saved.has_value());
  Timeline again(test_options(), *saved);
  again.now = t.now;
  again.pass(Millis{0});
  again.connect();
  EXPECT_EQ(again.logic.breaker().state(), State::open);
  again.pass(Millis{59'999});
  EXPECT_TRUE(again.requests.empty());
  again.pass(Millis{1});
  EXPECT_EQ(again.count("upload"), 1U);
}

DeliveryOptions options_about(const std::string& destination) {
  DeliveryOptions options = test_options();
  options.about = destination;
  return options;
}

TEST(BridgeLogic, a_breaker_that_was_saved_of_another_destination_starts_closed) {
  Timeline t(options_about("old"));
  with_post(t);
  t.open_the_breaker();
  SavedBreaker saved = decode_saved_breaker(t.saved).value();
  saved.refused_in_row = 100;
  Timeline same(options_about("old"), saved);
  same.connect();
  EXPECT_EQ(same.logic.breaker().state(), State::open);
  Timeline other(options_about("new"), saved);
  other.store.rows = 5;
  other.connect();
  EXPECT_EQ(other.logic.breaker().state(), State::closed);
  EXPECT_TRUE(other.logged("its circuit breaker starts closed"));
  EXPECT_EQ(decode_upload_request(other.requests.back().payload).value().max_readings, 1'000U) << "nothing is held";
  saved.about.clear();
  Timeline of_older_version(options_about("new"), saved);
  of_older_version.connect();
  EXPECT_EQ(of_older_version.logic.breaker().state(), State::open);
}

TEST(BridgeLogic, what_an_operator_isolated_stays_so_whatever_the_destination_is) {
  SavedBreaker saved;
  saved.isolated = true;
  saved.state = State::open;
  saved.reason = "isolated by operator";
  saved.about = "old";
  Timeline t(options_about("new"), saved);
  t.connect();
  EXPECT_TRUE(t.logic.breaker().is_isolated());
  EXPECT_EQ(decode_saved_breaker(t.saved).value().about, "new");
}

TEST(BridgeLogic, shows_the_newest_reason_why_the_store_is_no_help) {
  Timeline t;
  t.connect();
  t.step(MqttPublished{t.requests.back().id, fail(ErrorCode::rejected, "the first reason")});
  EXPECT_NE(t.newest("status").find("the first reason"), std::string::npos) << t.newest("status");
  t.pass(Millis{10'000});
  EXPECT_NE(t.newest("status").find("no answer in 5000 ms"), std::string::npos) << t.newest("status");
  EXPECT_TRUE(t.logged("the first reason"));
  EXPECT_FALSE(t.logged("no answer in")) << "the log is throttled";
}

const std::string control_topic_here = "sensors/kitchen/control/sensor-http-bridge";

TEST(BridgeLogic, tries_nothing_while_an_operator_isolates_it_also_after_a_restart) {
  Timeline t;
  with_post(t);
  t.api_answers(500);
  t.step(MqttMessage{control_topic_here, encode_breaker_order(BreakerOrder::isolate), "", "", false});
  EXPECT_TRUE(t.logged("Circuit breaker OPEN - isolated by operator"));
  EXPECT_NE(t.newest("status").find("\"isolated\":true"), std::string::npos) << t.newest("status");
  const std::size_t requests = t.requests.size();
  t.pass(std::chrono::hours{10});
  EXPECT_EQ(t.requests.size(), requests);
  Timeline again(test_options(), decode_saved_breaker(t.saved).value());
  again.connect();
  again.pass(std::chrono::hours{10});
  EXPECT_TRUE(again.requests.empty());
  EXPECT_TRUE(again.posts.empty());
  EXPECT_EQ(again.claims, 601U) << "the store knows all the time that somebody wants the rows";
  again.step(MqttMessage{control_topic_here, encode_breaker_order(BreakerOrder::close), "", "", false});
  EXPECT_EQ(again.count("upload"), 1U);
  EXPECT_EQ(again.logic.breaker().state(), State::closed);
}

TEST(BridgeLogic, confirms_what_the_api_took_though_an_operator_isolated_it_meanwhile) {
  Timeline t;
  with_post(t);
  t.step(MqttMessage{control_topic_here, encode_breaker_order(BreakerOrder::isolate), "", "", false});
  t.api_answers(200);
  t.store_answers();
  EXPECT_EQ(t.store.cursor, t.store.handed_last);
  EXPECT_TRUE(t.logic.breaker().is_isolated());
}

TEST(BridgeLogic, ignores_orders_that_are_retained_or_cannot_be_read) {
  Timeline t;
  with_post(t);
  t.step(MqttMessage{control_topic_here, encode_breaker_order(BreakerOrder::isolate), "", "", true});
  t.step(MqttMessage{control_topic_here, "isolate", "", "", false});
  EXPECT_EQ(t.logic.breaker().state(), State::closed);
  EXPECT_TRUE(t.logged("order ignored: "));
}

}  // namespace
}  // namespace sensors::bridge

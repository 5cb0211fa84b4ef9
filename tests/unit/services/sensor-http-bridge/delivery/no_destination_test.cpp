// A bridge without a destination: it runs, is well, tells the store that nothing waits, and does nothing else.
#include <gtest/gtest.h>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "tests/support/by_key.hpp"
#include "tests/unit/services/sensor-http-bridge/delivery/timeline.hpp"

namespace sensors::bridge {
namespace {

using State = CircuitBreaker::State;

DeliveryOptions without_destination() {
  DeliveryOptions options = test_options();
  options.instance = "ours";
  options.delivers = false;
  return options;
}

void answer(Timeline& t, const std::string& payload) {
  MqttMessage message;
  message.topic = t.requests.back().response_topic;
  message.correlation = t.requests.back().correlation;
  message.payload = payload;
  t.step(std::move(message));
}

TEST(NoDestination, withdraws_it_once_a_minute_and_asks_for_nothing_else) {
  Timeline t(without_destination());
  t.pass(Millis{60'000});
  EXPECT_TRUE(t.requests.empty()) << "the broker is not there yet";
  t.connect();
  ASSERT_EQ(t.requests.size(), 1U);
  EXPECT_EQ(t.requests[0].topic, "sensors/kitchen/rpc/withdraw");
  EXPECT_EQ(t.requests[0].payload, R"({"destination":"api"})");
  answer(t, encode_uploaded_answer({3, 1'000}));
  t.pass(Millis{59'999});
  EXPECT_EQ(t.requests.size(), 1U);
  t.pass(Millis{1});
  EXPECT_EQ(t.requests.size(), 2U) << "the store may be another one by now";
  for (int i = 0; i < 60; ++i) {
    answer(t, encode_uploaded_answer({3, 1'000}));
    t.pass(Millis{60'000});
  }
  EXPECT_EQ(t.count("withdraw"), t.requests.size());
  EXPECT_TRUE(t.posts.empty());
}

TEST(NoDestination, is_no_trouble_and_slows_nobody_down) {
  DeliveryOptions options = without_destination();
  options.upload.high_readings = 1;
  Timeline t(options);
  t.connect();
  answer(t, encode_uploaded_answer({3, 1'000}));
  t.pass(Millis{10'000});
  const Result<ServiceReport> report = decode_status(t.newest("status"));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->state, ServiceState::up);
  EXPECT_EQ(report->delivers, false);
  EXPECT_EQ(report->reason, "no destination: readings are kept in the store");
  EXPECT_FALSE(report->breaker.has_value()) << "there is nothing that it could be open to";
  const Result<QueueDepth> queue = decode_queue_depth(t.newest("queue"));
  ASSERT_TRUE(queue.has_value());
  EXPECT_EQ(queue->depth, 0U);
  EXPECT_FALSE(queue->pressure);
}

TEST(NoDestination, that_the_store_refuses_to_hear_of_is_asked_again_soon_and_is_no_trouble) {
  Timeline t(without_destination());
  t.connect();
  answer(t, R"({"error":{"code":"in_use","message":"destination api is delivered to by another"}})");
  EXPECT_EQ(decode_status(t.newest("status"))->state, ServiceState::up);
  t.pass(Millis{5'000});
  EXPECT_EQ(t.requests.size(), 2U);
}

// Who keeps an `acl` of an earlier version at the upgrade.
TEST(NoDestination, that_the_broker_does_not_let_it_say_is_told_with_the_line_that_the_acl_needs) {
  Timeline t(without_destination());
  t.connect();
  t.step(MqttPublished{t.requests[0].id, fail(ErrorCode::rejected, "not authorized")});
  const Result<ServiceReport> report = decode_status(t.newest("status"));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->state, ServiceState::degraded);
  EXPECT_NE(report->reason.find("/etc/sensor-project/acl"), std::string::npos) << report->reason;
  EXPECT_NE(report->reason.find("topic write sensors/+/rpc/withdraw;"), std::string::npos) << report->reason;
  EXPECT_TRUE(t.logged("topic write sensors/+/rpc/withdraw;"));
}

TEST(NoDestination, is_told_again_when_the_store_did_not_answer) {
  Timeline t(without_destination());
  t.connect();
  t.pass(Millis{20'000});
  EXPECT_GT(t.requests.size(), 1U);
  t.pass(Millis{10'000});
  EXPECT_EQ(decode_status(t.newest("status"))->state, ServiceState::degraded) << "page and API have no store either";
  answer(t, encode_uploaded_answer({3, 0}));
  EXPECT_EQ(decode_status(t.newest("status"))->state, ServiceState::up);
}

// All services start at one time.
TEST(BridgeStart, before_the_store_is_there_is_no_news_and_a_store_that_stays_away_is) {
  for (const bool delivers : {false, true}) {
    DeliveryOptions options = without_destination();
    options.delivers = delivers;
    Timeline t(options);
    t.connect();
    t.pass(Millis{9'000});
    EXPECT_EQ(t.requests.size(), 2U);
    EXPECT_FALSE(t.logged("the store is no help"));
    EXPECT_EQ(decode_status(t.newest("status"))->state, ServiceState::up);
    t.pass(Millis{1'000});
    EXPECT_TRUE(t.logged("the store is no help"));
    EXPECT_EQ(decode_status(t.newest("status"))->state, ServiceState::degraded);
  }
}

TEST(NoDestination, takes_no_order_about_a_breaker_that_it_does_not_have) {
  Timeline t(without_destination());
  t.connect();
  answer(t, encode_uploaded_answer({3, 0}));
  MqttMessage order;
  order.topic = "sensors/kitchen/control/sensor-http-bridge";
  order.payload = encode_breaker_order(BreakerOrder::isolate);
  t.step(std::move(order));
  EXPECT_TRUE(t.logged("this bridge has no destination, so no circuit breaker"));
  t.pass(Millis{10'000});
  EXPECT_FALSE(decode_queue_depth(t.newest("queue"))->pressure);
  EXPECT_EQ(decode_status(t.newest("status"))->state, ServiceState::up);
}

TEST(NoDestination, leaves_what_was_saved_of_a_breaker_for_a_destination_that_comes_back) {
  SavedBreaker isolated;
  isolated.state = State::open;
  isolated.isolated = true;
  Timeline t(without_destination(), isolated);
  t.connect();
  EXPECT_EQ(decode_status(t.newest("status"))->state, ServiceState::up);
  EXPECT_TRUE(t.saved.empty());
}

// Only an `upload` ends a withdrawal, and retention deletes until then.
TEST(DestinationThatComesBack, is_claimed_though_its_breaker_is_open_and_its_rows_are_put_aside) {
  SavedBreaker isolated;
  isolated.state = State::open;
  isolated.isolated = true;
  SavedBreaker open;
  open.state = State::open;
  open.left = Millis{600'000};
  open.openings = 4;
  open.reason = "refused";
  for (SavedBreaker saved : {isolated, open}) {
    saved.saved_at = Timeline().now.wall;
    Timeline t(test_options(), saved);
    t.store.rows = 500;
    t.connect();
    ASSERT_EQ(t.claims, 1U);
    EXPECT_LE(t.store.handed_last, test_options().upload.few_readings) << "most of them are for later";
    t.answers_claims = false;
    t.pass(Millis{59'999});
    EXPECT_EQ(t.claims, 1U);
    t.pass(Millis{1});
    EXPECT_EQ(t.claims, 2U) << "the store may be another one by now";
    t.pass(Millis{10'000});
    EXPECT_EQ(t.claims, 3U) << "it did not answer";
    t.step(MqttDisconnected{"gone"});
    t.answers_claims = true;
    t.connect();
    EXPECT_EQ(t.claims, 4U);
    EXPECT_TRUE(t.posts.empty()) << "an open breaker lets nothing through";
    EXPECT_EQ(t.logic.breaker().state(), State::open);
    EXPECT_EQ(decode_queue_depth(t.newest("queue"))->depth, 500U);
  }
}

TEST(DestinationThatComesBack, gets_the_rows_that_were_put_aside_when_the_breaker_lets_it) {
  SavedBreaker open;
  open.state = State::open;
  open.left = Millis{61'000};
  open.openings = 1;
  open.reason = "refused";
  open.saved_at = Timeline().now.wall;
  Timeline t(test_options(), open);
  t.store.rows = 500;
  t.connect();
  t.pass(Millis{60'000});
  EXPECT_EQ(t.claims, 2U);
  ASSERT_TRUE(t.posts.empty());
  t.pass(Millis{1'000});
  ASSERT_EQ(t.count("upload"), 1U) << "the probe does not wait for the next interval";
  t.store_answers();
  ASSERT_EQ(t.posts.size(), 1U);
  t.api_answers(200);
  t.store_answers();
  EXPECT_GT(t.store.cursor, 0U);
  EXPECT_EQ(t.logic.breaker().state(), State::closed);
}

TEST(NoDestination, says_when_it_ends_that_nobody_need_wait_for_it) {
  Timeline t(without_destination());
  t.connect();
  t.step(StopRequested{});
  EXPECT_FALSE(decode_status_delivers(t.newest("status")).value());
  EXPECT_EQ(decode_status_state(t.newest("status")).value(), ServiceState::down);
  const MqttPublish will =
      Self::down_message(self_options(without_destination()), "gone", WallTime{}, down_details(without_destination()));
  EXPECT_FALSE(decode_status_delivers(will.payload).value());
  EXPECT_TRUE(
      decode_status_delivers(
          Self::down_message(self_options(test_options()), "gone", WallTime{}, down_details(test_options())).payload)
          .value())
      << "one that has a destination is waited for";
}

TEST(NoDestination, has_a_status_that_is_this_text) {
  Timeline t(without_destination());
  t.connect();
  answer(t, encode_uploaded_answer({3, 0}));
  EXPECT_EQ(
      by_key(t.newest("status")),
      R"({"api_latency":{"count":0,"le_ms":{"1":0,"10":0,"100":0,"1000":0,"10000":0,"2":0,"25":0,"250":0,)"
      R"("2500":0,"30000":0,"5":0,"50":0},"sum_ms":0},"counters":{"batches":0,"bytes":0,"connections_lost":0,)"
      R"("delivered":0,"events_dropped":0,"failed_connects":{},"failures":{},"holds":0,"late_outcomes":0,)"
      R"("rejected":0,"splits":0,"unanswered":0},"delivers":false,"instance":"ours","interval_ms":10000,)"
      R"("loop_max_ms":0,"queue":0,)"
      R"("reason":"no destination: readings are kept in the store","service":"sensor-http-bridge",)"
      R"("since":"2027-01-15T08:00:00.000Z","state":"up","time":"2027-01-15T08:00:00.000Z","version":")" SENSOR_PROJECT_VERSION
      R"(","written_bytes":0})");
}

}  // namespace
}  // namespace sensors::bridge

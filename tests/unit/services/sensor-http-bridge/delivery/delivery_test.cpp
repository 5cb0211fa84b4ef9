#include "services/sensor-http-bridge/delivery/delivery.hpp"

#include <gtest/gtest.h>

#include "common/codec/control_json.hpp"
#include "common/codec/status_json.hpp"
#include "tests/unit/services/sensor-http-bridge/delivery/timeline.hpp"

namespace sensors::bridge {
namespace {

using State = CircuitBreaker::State;

TEST(BridgeLogic, tells_of_a_namesake_and_answers_its_will) {
  DeliveryOptions options = test_options();
  options.instance = "ours";
  Timeline t(options);
  t.connect();
  t.store_answers();
  EXPECT_EQ(decode_status(t.newest("status"))->instance, "ours");
  const auto hear = [&t](ServiceState state) {
    MqttMessage message;
    message.topic = "sensors/kitchen/status/sensor-http-bridge";
    message.payload =
        encode_status({std::string(bridge_service), state, "", t.now.wall, "1", R"("instance":"theirs")"});
    t.step(std::move(message));
  };
  hear(ServiceState::up);
  t.pass(Millis{10'000});
  t.store_answers();
  hear(ServiceState::up);
  EXPECT_TRUE(t.logged("another sensor-http-bridge on this broker is called kitchen too"));
  EXPECT_EQ(decode_status(t.newest("status"))->state, ServiceState::degraded);
  for (int i = 0; i < 7; ++i) {
    t.pass(Millis{10'000});
    t.store_answers();
  }
  EXPECT_TRUE(t.logged("no other sensor-http-bridge is heard any more"));
  EXPECT_EQ(decode_status(t.newest("status"))->state, ServiceState::up);
  t.messages.clear();
  hear(ServiceState::down);
  EXPECT_EQ(decode_status(t.newest("status"))->state, ServiceState::up) << "said again at once";
}

TEST(BridgeLogic, asks_nothing_before_the_broker_is_there) {
  Timeline t;
  t.pass(Millis{60'000});
  EXPECT_TRUE(t.requests.empty());
  t.connect();
  ASSERT_EQ(t.requests.size(), 1U);
  EXPECT_EQ(t.requests[0].topic, "sensors/kitchen/rpc/upload");
  EXPECT_EQ(t.requests[0].response_topic, "sensors/kitchen/rpc-reply/sensor-http-bridge");
}

TEST(BridgeLogic, says_since_when_the_oldest_reading_waits_and_how_long_the_api_takes) {
  Timeline t;
  with_post(t);
  t.pass(Millis{5'000});
  t.api_answers(500);  // took 20 ms, and is tried again
  t.pass(Millis{10'000});
  const Result<QueueDepth> queue = decode_queue_depth(t.newest("queue"));
  ASSERT_TRUE(queue.has_value());
  EXPECT_EQ(queue->depth, 10U);
  EXPECT_GE(queue->oldest_s, 10.0);
  const Result<ServiceReport> report = decode_status(t.newest("status"));
  ASSERT_TRUE(report.has_value() && report->api.has_value());
  EXPECT_EQ(report->api->count, 1U);
  EXPECT_DOUBLE_EQ(report->api->sum_ms, 20);
}

TEST(BridgeLogic, asks_again_after_the_interval_when_nothing_waits) {
  Timeline t;
  t.connect();
  t.store_answers();
  t.pass(Millis{4'999});
  EXPECT_EQ(t.requests.size(), 1U);
  t.pass(Millis{1});
  EXPECT_EQ(t.requests.size(), 2U);
}

TEST(BridgeLogic, posts_the_answer_itself_with_the_key_of_its_range) {
  Timeline t;
  with_post(t, 10);
  ASSERT_EQ(t.posts.size(), 1U);
  EXPECT_EQ(key_range(t.posts[0]), "w5n2c8t4hj6b:api:1-10");
  EXPECT_EQ(t.posts[0].body, ModelStore{t.store}.answer(t.requests[0]));
  EXPECT_EQ(t.posts[0].total_timeout, Millis{10'000});
}

TEST(BridgeLogic, posts_the_rows_in_the_format_that_was_chosen) {
  Timeline t(test_options(), std::nullopt, {UploadFormat::influx, AnswerTrust::strict});
  with_post(t, 2);
  ASSERT_EQ(t.posts.size(), 1U);
  EXPECT_EQ(t.posts[0].content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(t.posts[0].body, upload_body(UploadFormat::influx, ModelStore{t.store}.answer(t.requests[0])));
  t.api_answers(500);
  t.pass(Millis{10'000});
  t.store_answers();
  ASSERT_EQ(t.posts.size(), 2U);
  EXPECT_EQ(t.posts[1].body, t.posts[0].body) << "a retry is the same bytes";
  EXPECT_EQ(t.posts[1].idempotency_key, t.posts[0].idempotency_key);
  t.api_answers(204);
  EXPECT_EQ(t.count("uploaded"), 1U);
  EXPECT_EQ(t.logic.counters().bytes, t.posts[0].body.size());
}

// A store that was written by something else: better nothing goes on than that it becomes points of other series.
TEST(BridgeLogic, posts_nothing_of_a_batch_that_breaks_the_rules) {
  Timeline t(test_options(), std::nullopt, {UploadFormat::influx, AnswerTrust::strict});
  t.connect();
  MqttMessage message;
  message.topic = t.requests.back().response_topic;
  message.correlation = t.requests.back().correlation;
  message.payload =
      R"({"store":"w5","destination":"api","first":1,"last":1,"remaining":0,"digest":"d","gaps":[],)"
      R"("readings":[{"node":"a","stream":"k","seq":1,"sensor":"x y","value":1,"unit":"","time":"2026-01-15T16:09:35.123Z"}]})";
  t.step(message);
  EXPECT_TRUE(t.posts.empty());
  EXPECT_TRUE(t.logged("the store is no help")) << t.log.back();
  EXPECT_EQ(t.logic.counters().unanswered, 1U);
  EXPECT_TRUE(t.logic.counters().failures.empty()) << "it says nothing of the API";
  EXPECT_EQ(t.logic.counters().latency.count(), 0U);
  EXPECT_EQ(t.count("upload"), 1U);
  t.pass(Millis{1'000});
  EXPECT_EQ(t.count("upload"), 2U) << "after the store's backoff";
}

TEST(BridgeLogic, gives_a_large_batch_more_time) {
  Timeline t;
  with_post(t, 11);
  EXPECT_EQ(t.posts.at(0).total_timeout, Millis{30'000});
}

TEST(BridgeLogic, confirms_after_a_2xx_and_goes_on_at_once_while_more_waits) {
  Timeline t;
  with_post(t, 150);
  EXPECT_EQ(t.count("uploaded"), 0U);
  t.api_answers(201);
  EXPECT_EQ(t.count("uploaded"), 1U);
  t.store_answers();
  t.pass(Millis{20});  // 100 readings at the cap of 5,000/s
  EXPECT_EQ(t.count("upload"), 2U);
  t.store_answers();
  EXPECT_EQ(key_range(t.posts.at(1)), "w5n2c8t4hj6b:api:101-150");
}

TEST(BridgeLogic, keeps_to_the_drain_rate) {
  DeliveryOptions options = test_options();
  options.upload.max_rate = 100;
  Timeline t(options);
  with_post(t, 200);
  t.api_answers(200);
  t.store_answers();
  t.pass(Millis{999});
  EXPECT_EQ(t.count("upload"), 1U);
  t.pass(Millis{1});
  EXPECT_EQ(t.count("upload"), 2U);
}

TEST(BridgeLogic, sends_uploaded_until_the_store_answers_and_asks_for_nothing_else) {
  Timeline t;
  with_post(t);
  t.api_answers(200);
  t.pass(Millis{120'000});
  EXPECT_GT(t.count("uploaded"), 5U);
  EXPECT_EQ(t.count("upload"), 1U);
  t.store_answers();
  EXPECT_EQ(t.store.cursor, 10U);
  t.pass(Millis{10});
  EXPECT_EQ(t.count("upload"), 2U);
}

TEST(BridgeLogic, sends_uploaded_after_the_reconnect_when_the_broker_went_away_meanwhile) {
  Timeline t;
  with_post(t);
  t.step(MqttDisconnected{"gone"});
  t.api_answers(200);
  EXPECT_EQ(t.count("uploaded"), 0U);
  t.pass(Millis{60'000});
  EXPECT_EQ(t.requests.size(), 1U);
  t.connect();
  EXPECT_EQ(t.count("uploaded"), 1U);
}

TEST(BridgeLogic, tells_of_its_breaker_when_the_broker_is_back) {
  SavedBreaker open;
  open.state = CircuitBreaker::State::open;
  open.left = Millis{1'000};
  open.reason = "API failures exceeded threshold (3)";
  Timeline later(test_options(), open);
  later.step(Tick{});
  EXPECT_TRUE(later.messages.empty());
  later.connect();
  const auto event = std::find_if(later.messages.begin(), later.messages.end(), [](const MqttPublish& message) {
    return message.topic == "sensors/kitchen/event/sensor-http-bridge";
  });
  ASSERT_NE(event, later.messages.end());
  const std::string change = R"json("from":"closed","to":"open","reason":"API failures exceeded threshold (3)")json";
  EXPECT_NE(event->payload.find(change), std::string::npos) << event->payload;
}

TEST(BridgeLogic, asks_the_store_again_when_it_keeps_refusing_the_confirmation) {
  Timeline t;
  with_post(t);
  t.store.id = "another";
  t.api_answers(200);
  for (int i = 0; i < 3; ++i) {
    t.store_answers();
    t.pass(Millis{2'000 + i * 1'000});  // longer than the backoff, shorter than the deadline of the next call
  }
  EXPECT_EQ(t.count("uploaded"), 3U);
  EXPECT_EQ(t.count("upload"), 2U);
}

TEST(BridgeLogic, a_store_that_does_not_answer_is_no_failure_of_the_api) {
  Timeline t;
  t.connect();
  t.pass(Millis{300'000});
  EXPECT_EQ(t.logic.breaker().state(), State::closed);
  EXPECT_GT(t.count("upload"), 15U);
  EXPECT_NE(t.newest("status").find("degraded"), std::string::npos);
  EXPECT_TRUE(t.logged("is sensor-persistence running, and under this name? After a rename all services"));
}

// A destination that was given to two bridges: the one that gets no rows says so, also when it had another trouble
// before, and a breaker that has nothing to probe with.
TEST(BridgeLogic, says_what_is_the_matter_with_the_store_now) {
  Timeline t;
  with_post(t);
  t.open_the_breaker();
  t.pass(Millis{70'000});
  ASSERT_EQ(t.logic.breaker().state(), State::half_open);
  EXPECT_NE(t.newest("status").find("is sensor-persistence running"), std::string::npos) << t.newest("status");
  MqttMessage refusal;
  refusal.topic = t.requests.back().response_topic;
  refusal.correlation = t.requests.back().correlation;
  refusal.payload = R"({"error":{"code":"in_use","message":"destination api is delivered to by another"}})";
  t.step(refusal);
  t.pass(Millis{1'000});
  EXPECT_NE(t.newest("status").find("api is delivered to by another"), std::string::npos) << t.newest("status");
  EXPECT_NE(t.newest("queue").find("\"pressure\":false"), std::string::npos) << "the other one slows down, if any";
}

TEST(BridgeLogic, ignores_the_late_answer_to_an_earlier_request) {
  Timeline t;
  t.store.rows = 5;
  t.connect();
  t.pass(Millis{20'000});
  ASSERT_GT(t.requests.size(), 1U);
  t.store_answers(t.requests.front());
  EXPECT_TRUE(t.posts.empty());
}

TEST(BridgeLogic, tries_again_after_a_second_when_the_broker_refuses_a_request) {
  Timeline t;
  t.connect();
  t.step(MqttPublished{t.requests[0].id, fail(ErrorCode::rejected, "not authorized")});
  t.pass(Millis{1'000});
  EXPECT_EQ(t.count("upload"), 2U);
}

TEST(BridgeLogic, stopping_waits_for_the_post_confirms_it_and_says_down) {
  Timeline t;
  with_post(t);
  t.step(StopRequested{});
  EXPECT_FALSE(t.exit_code.has_value());
  t.api_answers(200);
  EXPECT_EQ(t.count("uploaded"), 1U);
  EXPECT_EQ(t.exit_code, 0);
  EXPECT_NE(t.newest("status").find("\"down\""), std::string::npos);
}

TEST(BridgeLogic, stopping_gives_a_post_that_hangs_three_seconds) {
  Timeline t;
  with_post(t);
  t.step(StopRequested{});
  t.pass(Millis{2'999});
  EXPECT_FALSE(t.exit_code.has_value());
  t.pass(Millis{1});
  EXPECT_EQ(t.exit_code, 0);
  EXPECT_EQ(t.count("uploaded"), 0U);
}

TEST(BridgeLogic, a_page_of_html_is_not_a_delivery) {
  Timeline t;
  with_post(t);
  t.step(
      HttpFinished{t.posts.back().id, HttpReply{200, "Text/HTML; charset=utf-8", std::nullopt, "<html>"}, Millis{20}});
  EXPECT_EQ(t.count("uploaded"), 0U);
  EXPECT_EQ(t.logic.counters().failures.at("wrong_content_type"), 1U);
}

TEST(BridgeLogic, tells_status_and_queue_every_ten_seconds) {
  Timeline t;
  with_post(t);
  t.api_answers(200);
  t.store_answers();
  const std::size_t messages = t.messages.size();
  t.pass(Millis{10'000});
  EXPECT_GE(t.messages.size(), messages + 2);
  EXPECT_NE(t.newest("status").find("\"delivered\":10"), std::string::npos);
  EXPECT_NE(t.newest("queue").find("\"depth\":0"), std::string::npos);
}

TEST(BridgeLogic, says_little_about_a_broker_and_a_store_that_come_and_go_all_the_time) {
  Timeline t;
  const Instant start = t.now.monotonic;
  for (int i = 0; i < 500; ++i) {
    t.connect();
    t.pass(Millis{50});
    if (i % 2 == 0) t.store_answers();
    t.pass(Millis{6'000});  // and then it does not
    t.step(MqttDisconnected{"reset", ErrorCode::disconnected});
    t.step(MqttDisconnected{"no", ErrorCode::refused});
  }
  t.connect();
  EXPECT_NE(t.newest("status").find(R"("connections_lost":500,"failed_connects":{"refused":500})"), std::string::npos);
  const auto seconds = static_cast<std::size_t>((t.now.monotonic - start) / std::chrono::seconds{1});
  EXPECT_LE(t.log.size(), 10 + seconds / 10 + 2 * (1 + seconds / 60));
}

}  // namespace
}  // namespace sensors::bridge

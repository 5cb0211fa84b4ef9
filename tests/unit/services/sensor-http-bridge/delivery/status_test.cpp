// What the bridge says of itself, to the letter: others read it by its keys.
#include <gtest/gtest.h>

#include "tests/support/by_key.hpp"
#include "tests/unit/services/sensor-http-bridge/delivery/timeline.hpp"

namespace sensors::bridge {
namespace {

using namespace std::chrono_literals;

DeliveryOptions named_options() {
  DeliveryOptions options = test_options();
  options.instance = "ours";
  options.upload.destination = "api";
  return options;
}

/// Connected for the second time; it delivered a batch, had one cut, and its breaker is open.
Timeline& in_trouble(Timeline& t) {
  t.now.loop_longest = 7ms;
  t.now.written_bytes = 8'192;
  t.step(MqttDisconnected{"broker x:1883: connection refused", ErrorCode::refused});
  t.connect();
  t.step(MqttDisconnected{"gone"});
  t.store.rows = 250;
  t.connect();
  t.store_answers();
  t.api_answers(200);
  t.store_answers();
  t.pass(10s);
  t.store_answers();
  t.api_answers(422);
  t.pass(10s);
  t.store_answers();
  t.api_fails(ErrorCode::timeout);
  t.pass(10s);
  t.store_answers();
  t.open_the_breaker();
  t.pass(10s);
  return t;
}

TEST(BridgeStatus, is_this_text) {
  Timeline t(named_options());
  EXPECT_EQ(
      by_key(in_trouble(t).newest("status")),
      R"({"api_latency":{"count":5,"le_ms":{"1":0,"10":0,"100":5,"1000":5,"10000":5,"2":0,"25":5,"250":5,)"
      R"("2500":5,"30000":5,"5":0,"50":5},"sum_ms":100},"breaker":{"failing_since":"2027-01-15T08:00:40.000Z",)"
      R"("next_attempt":"2027-01-15T08:01:40.000Z","reason":"API failures exceeded threshold (3): HTTP 500: {}","since":"2027-01-15T08:00:40.000Z",)"
      R"("state":"open","transitions":{"closed":0,"half_open":0,"open":1}},"counters":{"batches":1,)"
      R"("bytes":12524,"connections_lost":1,"delivered":100,"events_dropped":0,"failed_connects":{"refused":1},)"
      R"("failures":{"http_422":1,"http_500":2,"timeout":1},"holds":0,"late_outcomes":0,"rejected":0,)"
      R"("splits":1,"unanswered":4},"delivers":true,"destination":"api","instance":"ours","interval_ms":10000,)"
      R"("loop_max_ms":7,"queue":150,)"
      R"("reason":"circuit breaker open: API failures exceeded threshold (3): HTTP 500: {}",)"
      R"("service":"sensor-http-bridge","since":"2027-01-15T08:00:40.000Z","state":"degraded",)"
      R"("time":"2027-01-15T08:00:50.000Z","version":")" SENSOR_PROJECT_VERSION R"(","written_bytes":8192})");
}

TEST(BridgeStatus, has_each_counter_under_a_key_of_its_own) {
  Counters counters{.delivered = 1,
                    .rejected = 2,
                    .splits = 3,
                    .holds = 4,
                    .batches = 5,
                    .bytes = 6,
                    .unanswered = 7,
                    .late_outcomes = 8,
                    .failures = {{"http_500", 9}, {"timeout", 10}},
                    .latency = {}};
  StatusWriter status;
  counters.describe(status);
  EXPECT_EQ(by_key(counters_in(status.object())),
            R"({"batches":5,"bytes":6,"delivered":1,"failures":{"http_500":9,"timeout":10},"holds":4,)"
            R"("late_outcomes":8,"rejected":2,"splits":3,"unanswered":7})");
}

TEST(BridgeStatus, has_a_queue_that_is_this_text) {
  Timeline t(named_options());
  EXPECT_EQ(by_key(in_trouble(t).newest("queue")),
            R"({"depth":150,"high":10000,"limit":0,"oldest_s":50,"pressure":true,"rate_per_s":0})");
}

TEST(BridgeStatus, after_its_end_is_this_text) {
  const MqttPublish down = Self::last_will(self_options(named_options()), "stopped", WallTime{1'768'493'375'123ms});
  EXPECT_EQ(down.topic, "sensors/kitchen/status/sensor-http-bridge");
  EXPECT_EQ(by_key(down.payload),
            R"({"instance":"ours","last_will":true,"reason":"stopped","service":"sensor-http-bridge",)"
            R"("since":"2026-01-15T16:09:35.123Z","state":"down","version":")" SENSOR_PROJECT_VERSION R"("})");
  EXPECT_TRUE(down.retain);
}

}  // namespace
}  // namespace sensors::bridge

#include <gtest/gtest.h>

#include "services/sensorctl/exit_code.hpp"
#include "services/sensorctl/verbs/control_breaker.hpp"
#include "tests/unit/services/sensorctl/verbs/timeline.hpp"

namespace sensors::sensorctl {
namespace {

const std::string service = "sensor-http-bridge";
const std::string status_topic = "sensors/kitchen/status/sensor-http-bridge";
const Session session{"sensors", "", "sensorctl-1", Millis{5'000}};

std::string status_with(const std::string& breaker, const std::string& state = "up") {
  return R"({"service":"sensor-http-bridge","state":")" + state +
         R"(","reason":"","since":"2026-01-15T16:00:00Z","version":"0.1.0","breaker":)" + breaker + "}";
}

const std::string closed = R"({"state":"closed","reason":""})";
const std::string isolated = R"({"state":"open","reason":"isolated by operator","isolated":true})";

/// Up to the order, which the broker takes.
void give_order(Timeline& line, const std::string& breaker) {
  line.happens(MqttConnected{});
  line.hears(status_topic, status_with(breaker), true);
  line.passes(Millis{200});
  ASSERT_EQ(line.published.size(), 1U);
  line.happens(MqttPublished{line.published[0].id, {}});
}

TEST(ControlBreaker, isolates_and_waits_until_the_status_says_so) {
  ControlBreaker command(BreakerOrder::isolate, service, session);
  Timeline line(command);
  give_order(line, closed);
  EXPECT_EQ(line.published[0].topic, "sensors/kitchen/control/sensor-http-bridge");
  EXPECT_EQ(line.published[0].payload, R"({"breaker":"isolate"})");
  EXPECT_FALSE(line.published[0].retain);
  EXPECT_FALSE(line.exit_code.has_value());
  line.hears(status_topic, status_with(isolated, "degraded"));
  EXPECT_EQ(line.exit_code, exit_ok);
}

TEST(ControlBreaker, is_done_when_it_was_so_before) {
  ControlBreaker command(BreakerOrder::close, service, session);
  Timeline line(command);
  give_order(line, closed);
  EXPECT_EQ(line.exit_code, exit_ok);
  EXPECT_EQ(line.out, "sensor-http-bridge of node kitchen: circuit breaker closed\n");
}

TEST(ControlBreaker, says_that_the_service_does_nothing) {
  ControlBreaker command(BreakerOrder::close, service, session);
  Timeline line(command);
  give_order(line, isolated);
  line.passes(Millis{5'000});
  EXPECT_EQ(line.exit_code, exit_no_answer);
  EXPECT_EQ(line.complaints,
            "sensor-http-bridge of node kitchen has not done it in 5 s; systemctl status sensor-http-bridge\n");
}

TEST(ControlBreaker, does_not_believe_the_last_words_of_a_service_that_is_down) {
  ControlBreaker command(BreakerOrder::close, service, session);
  Timeline line(command);
  line.happens(MqttConnected{});
  line.hears(status_topic, status_with(closed, "down"), true);
  line.passes(Millis{200});
  line.happens(MqttPublished{line.published.at(0).id, {}});
  EXPECT_FALSE(line.exit_code.has_value());
}

TEST(ControlBreaker, says_that_the_broker_takes_no_such_order_of_ours) {
  ControlBreaker command(BreakerOrder::close, service, session);
  Timeline line(command);
  line.happens(MqttConnected{});
  line.hears(status_topic, status_with(closed), true);
  line.passes(Millis{200});
  line.happens(MqttPublished{line.published.at(0).id, fail(ErrorCode::rejected, "refused; check the access rules")});
  EXPECT_EQ(line.exit_code, exit_trouble);
}

}  // namespace
}  // namespace sensors::sensorctl

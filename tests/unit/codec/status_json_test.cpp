#include "common/codec/status_json.hpp"

#include <gtest/gtest.h>

namespace sensors {
namespace {

constexpr WallTime half_past{std::chrono::seconds{1'768'492'175}};

StatusReport report_of(std::string details) {
  return {"sensor-publisher", ServiceState::degraded, "the broker is slow", half_past, "0.1.0", std::move(details)};
}

TEST(StatusJson, reads_back_what_a_service_says) {
  const auto report = decode_status(encode_status(report_of({})));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->service, "sensor-publisher");
  EXPECT_EQ(report->state, ServiceState::degraded);
  EXPECT_EQ(report->reason, "the broker is slow");
  EXPECT_EQ(report->since, half_past);
  EXPECT_EQ(report->version, "0.1.0");
  EXPECT_FALSE(report->breaker.has_value());
  EXPECT_FALSE(report->pace.has_value());
}

TEST(StatusJson, reads_the_breaker_as_it_is_written) {
  CircuitBreakerOptions options;
  options.consecutive_failures = 1;
  CircuitBreaker breaker(options, 1);
  const Now now{Instant{std::chrono::hours{1}}, half_past};
  const auto permit = breaker.admit(now.monotonic);
  ASSERT_TRUE(permit.has_value());
  breaker.fail(*permit, "timeout", now.monotonic);
  const auto report = decode_status(encode_status(report_of("\"breaker\":" + encode_breaker(breaker, now))));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  ASSERT_TRUE(report->breaker.has_value());
  EXPECT_EQ(report->breaker->state, "open");
  EXPECT_EQ(report->breaker->since, half_past);
  EXPECT_TRUE(report->breaker->next_attempt.has_value());
}

TEST(StatusJson, reads_that_an_operator_has_isolated_the_breaker) {
  CircuitBreaker breaker({}, 1);
  const Now now{Instant{std::chrono::hours{1}}, half_past};
  breaker.isolate(now.monotonic);
  const auto report = decode_status(encode_status(report_of("\"breaker\":" + encode_breaker(breaker, now))));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_TRUE(report->breaker->isolated);
  EXPECT_EQ(report->breaker->reason, "isolated by operator");
  EXPECT_FALSE(report->breaker->next_attempt.has_value());
}

TEST(StatusJson, reads_the_pace_and_why_it_is_slow) {
  const auto report = decode_status(encode_status(report_of(R"("pace_ms":30000,"pressure":"outbox","counters":{})")));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->pace, Millis{30'000});
  EXPECT_EQ(report->pressure, "outbox");
}

TEST(StatusJson, reads_what_the_store_says_of_itself) {
  const auto report = decode_status(encode_status(report_of(R"("store":"w5n2","used_bytes":4096,"dead_letters":3)")));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->store, "w5n2");
  EXPECT_EQ(report->used_bytes, 4'096U);
  EXPECT_EQ(report->dead_letters, 3U);
}

TEST(StatusJson, refuses_what_is_no_status) {
  EXPECT_FALSE(decode_status("").has_value());
  EXPECT_FALSE(decode_status("[]").has_value());
  EXPECT_FALSE(decode_status(R"({"state":"up"})").has_value());
  EXPECT_FALSE(decode_status(encode_status(report_of(R"("breaker":7)"))).has_value());
  EXPECT_FALSE(decode_status(encode_status(report_of(R"("breaker":{"state":1,"reason":""})"))).has_value());
}

}  // namespace
}  // namespace sensors
